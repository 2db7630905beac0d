// Every statement of a running spool, prepared once. Never holds a row between calls.
#pragma once

#include "database.hpp"
#include "store.hpp"

namespace vouchgate::spool {

struct Store::Statements {
  explicit Statements(Database& db)
      : insert(db,
               "INSERT INTO message(seq, device, stored_at, kind, subfolder, payload, checksum) VALUES(?,?,?,?,?,?,?)"),
        // length() of a BLOB comes from the row's header: pages that hold the rest of a long payload are not read.
        find(db, "SELECT device, length(payload) + length(subfolder) FROM message WHERE seq = ?"),
        remove(db, "DELETE FROM message WHERE seq = ?"),
        oldest(db, "SELECT seq FROM message ORDER BY seq LIMIT 1"),
        oldest_of(db, "SELECT seq FROM message INDEXED BY message_by_device WHERE device = ? ORDER BY seq LIMIT 1"),
        ages(db,
             "SELECT seq, stored_at FROM message INDEXED BY message_by_device WHERE device = ? AND seq > ? ORDER BY "
             "seq"),
        restamp(db, "UPDATE message SET stored_at = ? WHERE seq = ?"),
        restamp_kept(db, "UPDATE quarantine SET since = ? WHERE seq = ?"),
        read(db,
             "SELECT seq, stored_at, kind, subfolder, payload, checksum FROM message INDEXED BY message_by_device "
             "WHERE device = ? AND seq > ? ORDER BY seq"),
        set_aside(
            db,
            "INSERT OR REPLACE INTO quarantine SELECT seq, device, stored_at, kind, subfolder, payload, checksum, "
            "?2, ?3 FROM message WHERE seq = ?1"),
        listed(db,
               "SELECT seq, device, stored_at, kind, subfolder, payload, checksum, reason, since FROM quarantine "
               "WHERE seq > ? ORDER BY seq"),
        find_kept(db, "SELECT device, length(payload) + length(subfolder), kind FROM quarantine WHERE seq = ?"),
        release(db,
                "INSERT INTO message SELECT ?2, device, ?3, kind, subfolder, payload, checksum FROM quarantine "
                "WHERE seq = ?1"),
        remove_kept(db, "DELETE FROM quarantine WHERE seq = ?"),
        expired_kept(db, "SELECT seq, since FROM quarantine WHERE since < ? LIMIT 1000"),
        // From front to back: in the order of the index each device would read most of the file once more.
        audit_pending(db, "SELECT device, length(payload) + length(subfolder) FROM message NOT INDEXED"),
        audit_kept(db, "SELECT device, length(payload) + length(subfolder) FROM quarantine"),
        save(db,
             "INSERT INTO device(id, name, stored, delivered, expired, dropped, discarded, quarantined, bytes, "
             "last_seq) "
             "VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET stored = excluded.stored, "
             "delivered = excluded.delivered, expired = excluded.expired, dropped = excluded.dropped, "
             "discarded = excluded.discarded, quarantined = excluded.quarantined, bytes = excluded.bytes, last_seq = "
             "excluded.last_seq") {}

  Statement insert, find, remove, oldest, oldest_of, ages, restamp, restamp_kept, read, set_aside, listed, find_kept,
      release, remove_kept, expired_kept, audit_pending, audit_kept, save;
};

}  // namespace vouchgate::spool
