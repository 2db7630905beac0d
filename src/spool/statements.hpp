// Every statement of a running spool, prepared once. Never holds a row between calls.
#pragma once

#include "database.hpp"
#include "store.hpp"

namespace vouchgate::spool {

struct Store::Statements {
  explicit Statements(Database& db)
      : insert(db, "INSERT INTO message(seq, device, stored_at, kind, subfolder, payload) VALUES(?,?,?,?,?,?)"),
        // length() of a BLOB comes from the row's header: pages that hold the rest of a long payload are not read.
        find(db, "SELECT device, length(payload) + length(subfolder) FROM message WHERE seq = ?"),
        remove(db, "DELETE FROM message WHERE seq = ?"),
        oldest(db, "SELECT seq FROM message ORDER BY seq LIMIT 1"),
        ages(db, "SELECT seq, stored_at FROM message INDEXED BY message_by_device WHERE device = ? ORDER BY seq"),
        restamp(db, "UPDATE message SET stored_at = ? WHERE seq = ?"),
        read(db,
             "SELECT seq, stored_at, kind, subfolder, payload FROM message INDEXED BY message_by_device "
             "WHERE device = ? AND seq > ? ORDER BY seq"),
        set_aside(db, "INSERT OR REPLACE INTO quarantine SELECT * FROM message WHERE seq = ?"),
        save(db,
             "INSERT INTO device(id, name, stored, delivered, expired, dropped, quarantined, bytes, last_seq) "
             "VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET stored = excluded.stored, "
             "delivered = excluded.delivered, expired = excluded.expired, dropped = excluded.dropped, "
             "quarantined = excluded.quarantined, bytes = excluded.bytes, last_seq = excluded.last_seq") {}

  Statement insert, find, remove, oldest, ages, restamp, read, set_aside, save;
};

}  // namespace vouchgate::spool
