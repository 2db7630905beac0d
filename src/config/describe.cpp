// Every key of the configuration: default (in model/settings.hpp), range, unit and help. Never reads or writes YAML.
#include "visitor.hpp"

namespace vouchgate::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr DurationRange any_backoff{Duration(100), hours(24)};

void describe_key(Visitor& v, KeySettings& s, const Words& words) {
  v.word(
      "holder", s.holder, words.holders,
      "What holds the private key: tpm (a TPM 2.0), atecc608 (an ATECC508A or ATECC608 on an I2C bus), or file (a PEM "
      "file, for test benches only; warns at every start).");
  v.word("algorithm", s.algorithm, {"ES256", "ES384", "RS256", "PS256"},
         "JWS algorithm of the key (RFC 7518). IoT-Core-style clouds take ES256 and RS256; a TPM signs ES256 several "
         "times faster; an ATECC608 signs ES256 only.");
  if (v.enter("tpm", "The TPM 2.0 that holds the key.")) {
    v.text("tcti", s.tpm.tcti,
           "How to reach the TPM, as tpm2-tss spells it: device:/dev/tpmrm0, or swtpm:path=... and "
           "swtpm:host=...,port=... on benches.");
    v.number32(
        "handle", s.tpm.handle, {0x81000000, 0x817fffff}, Style::hexadecimal,
        "Persistent handle of the signing key, in the owner's range. A key that is not ours is never overwritten.");
    v.number32(
        "parent", s.tpm.parent, {0x81000000, 0x817fffff}, Style::hexadecimal,
        "Persistent handle of the storage root key (SRK). Used if suitable, created if absent, never overwritten.");
    v.text("key_file", s.tpm.key_file,
           "TSS2 PRIVATE KEY file: the portable form of the key, usable in this TPM only, and the record of its Name.");
    v.text(
        "auth_file", s.tpm.auth_file,
        "File with the key's authorisation value, or credential:NAME for a systemd credential. Empty: an empty value.");
    v.leave();
  }
  if (v.enter("atecc608", "Only with holder: atecc608. The secure element that holds the key.")) {
    v.text("bus", s.atecc608.bus,
           "The I2C bus, or a link to it. It has to run at 100 kHz: a shorter pulse does not wake the chip.");
    v.number32("address", s.atecc608.address, {0x08, 0x77}, Style::i2c_address,
               "7-bit address, as i2cdetect prints it: 0x60 for blank parts, 0x35 for Trust&GO, 0x36 for TrustFLEX.");
    v.number32("slot", s.atecc608.slot, {0, 15}, Style::decimal,
               "Slot of the key; 'vouchgate atecc config show' lists them.");
    v.leave();
  }
  if (v.enter("file", "Only with holder: file.")) {
    v.text("path", s.file.path, "PEM file with the private key; must not be readable by others.");
    v.leave();
  }
}

void describe_token(Visitor& v, TokenSettings& s) {
  v.live().duration("lifetime", s.lifetime, {seconds(10), hours(24)},
                    "exp - iat of every token. The cloud takes 24h at most.");
  v.live().duration(
      "renew_before", s.renew_before, {seconds(1), hours(24)},
      "How long before exp the session is swapped to a fresh token, less up to a tenth so that a fleet spreads.");
  v.live().duration("clock_skew", s.clock_skew, {Duration(0), hours(1)}, "What the cloud forgives on iat and exp.");
  v.live().duration("backdate", s.backdate, {Duration(0), hours(1)},
                    "How far iat lies in the past, against a cloud whose clock is slow.");
  v.live().text("audience", s.audience, "The aud claim. Empty: cloud.iot_core.project.");
  v.live().text("kid", s.kid, "Key id in the token's header. Empty: none; IoT-Core-style clouds do not use it.");
  v.live().text_map("claims", s.claims,
                    "Further claims with text values, e.g. {scope: telemetry}. Not iat, exp or aud.");
}

void describe_backoff(Visitor& v, BackoffSettings& s) {
  v.live().duration("base", s.base, any_backoff,
                    "The longest wait after the first failure; doubles with each further one.");
  v.live().duration("cap", s.cap, any_backoff, "The longest wait ever. Every wait is drawn at random below its limit.");
}

void describe_limits(Visitor& v, LimitSettings& s) {
  v.live().number32("messages_per_second", s.messages_per_second, {0, 1'000'000}, Style::decimal,
                    "Published limit of one connection, kept by waiting. 0: unlimited.");
  v.live().duration(
      "state_interval", s.state_interval, {Duration(0), hours(1)},
      "A child's next state goes out this long after the PUBACK of the one before: the cloud detaches a child that is "
      "faster. 0s: unlimited.");
  v.live().number("bytes_per_second", s.bytes_per_second, {0, std::uint64_t{1} << 40}, Style::bytes,
                  "Published limit of one connection, payload bytes, kept by waiting. 0: unlimited.");
  v.live().number32(
      "window", s.window, {1, LimitSettings::most_window}, Style::decimal,
      "The most publishes that wait for their PUBACK at once. Fewer are used while the round trip is short.");
}

void describe_cloud(Visitor& v, CloudSettings& s, const Words& words) {
  v.word("dialect", s.dialect, words.dialects, "How the cloud wants client id, topics and attach: iot-core.");
  v.live().texts("endpoints", s.endpoints,
                 "Where the cloud listens, tried in order, e.g. [\"mqtts://us-central1-mqtt.clearblade.com:8883\", "
                 "\"mqtts://us-central1-mqtt.clearblade.com:443\"]. Must be set.");
  if (v.enter("tls", "The server's certificate and host name are always verified.")) {
    v.live().text("ca_file", s.tls.ca_file,
                  "PEM file with the certificate authorities to trust; read anew at every connect.");
    v.live().text("alpn", s.tls.alpn, "ALPN protocol name to offer, e.g. mqtt on port 443. Empty: none.");
    v.leave();
  }
  v.live().duration(
      "keepalive", s.keepalive, {seconds(10), minutes(19)},
      "MQTT keep-alive. 60s is the least that the cloud recommends; it closes a connection idle for 20 minutes.");
  v.live().duration("connect_timeout", s.connect_timeout, {seconds(1), minutes(5)}, "From TCP connect to CONNACK.");
  v.live().duration(
      "ack_timeout", s.ack_timeout, {seconds(1), minutes(10)},
      "A PUBACK that is later than this means that the session is dead: it is closed and all in flight is sent again.");
  if (v.enter("backoff", "Waits between connection attempts, which never end.")) {
    describe_backoff(v, s.backoff);
    v.leave();
  }
  if (v.enter("limits", "What the cloud allows one gateway.")) {
    describe_limits(v, s.limits);
    v.leave();
  }
  if (v.enter("attach", "Attaching children.")) {
    v.live().number32("max_attached", s.attach.max_attached, {1, 10'000}, Style::decimal,
                      "The most children attached at once; further ones take the place of idle ones.");
    v.live().duration("ack_timeout", s.attach.ack_timeout, {seconds(1), minutes(5)},
                      "How long an attach waits for its PUBACK.");
    v.live().duration("settle", s.attach.settle, {Duration(0), minutes(1)},
                      "How long after the PUBACK an error on the gateway's errors topic still refuses the attach.");
    if (v.enter("retry", "Waits before a refused child is attached again.")) {
      describe_backoff(v, s.attach.retry);
      v.leave();
    }
    v.leave();
  }
  if (v.enter("iot_core", "The gateway's place in the registry. Must be set with dialect: iot-core.")) {
    v.text("project", s.iot_core.project, "Project id, also the token's audience.");
    v.text("region", s.iot_core.region, "Region of the registry.");
    v.text("registry", s.iot_core.registry, "Registry id.");
    v.text("gateway", s.iot_core.gateway, "Device id of this gateway.");
    v.text("client_id", s.iot_core.client_id, "MQTT client id; {project} {region} {registry} {gateway} are filled in.");
    v.text("topic_prefix", s.iot_core.topic_prefix,
           "What stands before events, state, config ...; {device} is the child or the gateway. KORE: "
           "/{registry}/{device}.");
    v.leave();
  }
}

void describe_device(Visitor& v, DeviceSettings& s) {
  v.text("id", s.id, "Device id as the registry spells it: 3 to 255 letters, digits and - . _ ~ %, a letter first.");
  v.word("auth", s.auth, {"association", "token"},
         "association: bound to this gateway in the registry. token: attached with the child's own JWT.");
  v.text("token_file", s.token_file,
         "Only with auth: token. File with the child's JWT, read at each attach, unless the child brings it.");
  v.texts("users", s.users,
          "Local users that may speak for this device, asked when a child says hello. Empty: whoever may open the "
          "socket.");
}

void describe_spool(Visitor& v, SpoolSettings& s) {
  v.text("path", s.path, "Directory of the queue.");
  v.number("max_bytes", s.max_bytes, {1024 * 1024, std::uint64_t{1} << 50}, Style::bytes, "The most that is kept.");
  v.number32("device_share", s.device_share, {1, 100}, Style::decimal,
             "Percent of max_bytes that one device may fill, so that a flooding one leaves room for the others. A "
             "device that is alone in devices: at the start has all.");
  v.number(
      "min_free", s.min_free, {0, std::uint64_t{1} << 50}, Style::bytes,
      "Space of the file system that is left to others: with less the spool counts as full. Below 16MiB a spool that "
      "fills its disk alone may find no room for its own deletes.");
  v.duration("max_age", s.max_age, {minutes(1), hours(24 * 3650)}, "Older messages expire; they are counted.");
  v.word("when_full", s.when_full, {"refuse", "drop-oldest"},
         "refuse: the child is told. drop-oldest: the oldest go, and are counted.");
  v.duration("commit_interval", s.commit_interval, {Duration(1), seconds(10)},
             "The longest that a message waits to share a disk write with others. Longer spares flash.");
  v.word(
      "drain", s.drain, {"oldest-first", "live-first"},
      "After an outage. oldest-first: a device's messages arrive in the order they were stored. live-first: new ones "
      "overtake the backlog; both keep their order.");
  v.number32("live_share", s.live_share, {1, 99}, Style::decimal,
             "Only with drain: live-first. Percent of a device's turns for new messages while a backlog drains.");
  v.duration("write_after", s.write_after, {Duration(0), minutes(1)},
             "Messages of children with ack: delivered go to the disk only if their PUBACK has not come by then, which "
             "spares flash. 0: always at once.");
  v.number32(
      "poison_after", s.poison_after, {0, 1000}, Style::decimal,
      "A message that is in flight alone when the session ends, and that so ended this many sessions in a row, is "
      "put into quarantine. Each further one needs twice as many until the cloud acknowledges something. 0: never.");
}

}  // namespace

void describe(Visitor& v, Settings& s, const Words& words) {
  if (v.enter("key", "The gateway's identity.")) {
    describe_key(v, s.key, words);
    v.leave();
  }
  if (v.enter("token", "The JSON Web Token that is the MQTT password.")) {
    describe_token(v, s.token);
    v.leave();
  }
  if (v.enter("cloud", "The cloud and the way there.")) {
    describe_cloud(v, s.cloud, words);
    v.leave();
  }
  v.live().devices(
      "devices", s.devices, describe_device,
      "Child devices of this gateway, at most 10,000, e.g. [{id: thermostat-1}, {id: pump-1, users: [plc]}].");
  if (v.enter("ingress", "How children reach the gateway.")) {
    if (v.enter("unix", "The Unix socket; docs/child-protocol.md tells what is spoken there.")) {
      v.text("path", s.ingress.unix_socket.path, "Path of the socket, at most 107 bytes.");
      v.number32("mode", s.ingress.unix_socket.mode, {0, 0777}, Style::octal_text,
                 "Permissions of the socket, octal in quotes.");
      v.number32("max_connections", s.ingress.unix_socket.max_connections, {1, 10'000}, Style::decimal,
                 "The most connections at once.");
      v.leave();
    }
    v.leave();
  }
  if (v.enter("control", "How the vouchgate command reaches the daemon.")) {
    v.text("path", s.control.path,
           "Path of the socket, at most 107 bytes. Open to root and the daemon's user and group.");
    v.leave();
  }
  if (v.enter("spool", "The durable queue between the children and the cloud.")) {
    describe_spool(v, s.spool);
    v.leave();
  }
  if (v.enter("metrics", "Numbers for Prometheus and a status page on one local HTTP port; see docs/metrics.md.")) {
    v.text(
        "listen", s.metrics.listen,
        "Address and port, e.g. \"127.0.0.1:9464\". Empty: off. Whoever reaches it can read the status, nothing more; "
        "an address that is not loopback is taken with a warning.");
    v.number32("max_devices", s.metrics.max_devices, {0, 2000}, Style::decimal,
               "The most devices with series and table rows of their own; the others are summed as device=\"_other\".");
    v.leave();
  }
  if (v.enter("log", "What goes to the journal.")) {
    v.live().word("level", s.log.level, {"error", "warning", "notice", "info", "debug"},
                  "The least severe level that is logged.");
    v.leave();
  }
}

}  // namespace vouchgate::config
