// The only code that touches Paho. Its callbacks copy, push and return: they run under Paho's process-wide lock.
#include "paho_link.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "failure.hpp"
#include "tls_watch.hpp"

namespace vouchgate::mqtt {
namespace {

// Paho C++ 1.2.0 gives the C library the address of a connect_options that dies when connect() returns and calls the
// TLS error handler through it later. So CONNECT is sent through the C call on the C++ client's own handle, with a
// context that lives. An explicit instantiation is the one place where C++ lets a private member be named.
MQTTAsync handle_of(const ::mqtt::async_client& client);
template <MQTTAsync(::mqtt::async_client::*member)>
struct Opened {
  friend MQTTAsync handle_of(const ::mqtt::async_client& client) { return client.*member; }
};
template struct Opened<&::mqtt::async_client::cli_>;

// Paho carries a pointer for its caller; a number of the same size fits and needs no memory.
void* context(Tag tag) { return reinterpret_cast<void*>(tag); }  // NOLINT(performance-no-int-to-ptr)
Tag tag_of(const ::mqtt::token& token) { return reinterpret_cast<Tag>(token.get_user_context()); }

// Why the file cannot be read, or empty.
std::string unreadable(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (file.is_open() && file.peek() != std::ifstream::traits_type::eof()) return {};
  if (file.is_open() && errno == 0) return "the file is empty";
  return std::generic_category().message(errno);
}

int seconds(Duration duration) {
  return static_cast<int>(std::max(std::chrono::ceil<std::chrono::seconds>(duration).count(), std::int64_t{1}));
}

std::string server_uri(const Endpoint& endpoint) {
  const bool bare_v6 = endpoint.host.find(':') != std::string::npos && endpoint.host.front() != '[';
  return "ssl://" + (bare_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace

void PahoLink::SubscribeListener::on_success(const ::mqtt::token& token) {
  Granted granted{tag_of(token), {}};
  const auto response = token.get_subscribe_response();  // complete by now: does not wait
  for (const auto code : response.get_reason_codes()) granted.codes.push_back(static_cast<int>(code));
  inbox.push(std::move(granted));
}

// Paho reports a lone refused filter as a failure with the SUBACK's code; everything else is the session's end.
void PahoLink::SubscribeListener::on_failure(const ::mqtt::token& token) {
  if (token.get_return_code() == 0x80) inbox.push(Granted{tag_of(token), {0x80}});
}

PahoLink::PahoLink(std::shared_ptr<Inbox> inbox, std::uint32_t window)
    : inbox_(std::move(inbox)), window_(window), subscribe_listener_(*inbox_), disconnect_listener_(*this) {}

void PahoLink::connect(Session session, const ConnectRequest& request) {
  session_ = session;
  host_ = request.endpoint.host;
  {
    const std::lock_guard lock(tls_mutex_);
    tls_text_.clear();
  }
  if (const auto why = unreadable(request.ca_file); !why.empty())
    return refused(ConnectFailure::local, "CA file " + request.ca_file + ": " + why);
  try {
    const auto server = server_uri(request.endpoint);
    if (!client_) open(request.client_id, server);
    start(request, server);
  } catch (const std::exception& error) {
    refused(ConnectFailure::local, error.what());
  }
}

void PahoLink::open(const std::string& client_id, const std::string& server) {
  // Paho's bound also counts what is not yet on the wire while connected: twice the window never refuses a publish
  // that the window allows. Nothing is taken while down.
  ::mqtt::create_options options(MQTTVERSION_3_1_1, static_cast<int>(window_) * 2 + 64);
  options.set_send_while_disconnected(false);
  auto client = std::make_unique<::mqtt::async_client>(server, client_id, options);
  // Before the first connect, and not by set_callback(): that one takes its locks in the opposite order of a token's
  // completion, a deadlock seen in the field (Paho C++ issue 356).
  client->set_connection_lost_handler([this](const std::string& cause) { connection_lost(cause); });
  client->set_message_callback([this](const ::mqtt::const_message_ptr& message) { message_arrived(*message); });
  if (const int rc = MQTTAsync_setDeliveryCompleteCallback(handle_of(*client), this, &PahoLink::on_acked);
      rc != MQTTASYNC_SUCCESS)
    throw ::mqtt::exception(rc);
  // Debian's build writes every call and every packet into a trace that nobody reads.
  MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
  client_ = std::move(client);
}

void PahoLink::start(const ConnectRequest& request, const std::string& server) {
  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  const std::string alpn = request.alpn.empty() ? "" : static_cast<char>(request.alpn.size()) + request.alpn;
  tls.trustStore = request.ca_file.c_str();
  tls.disableDefaultTrustStore = 1;
  tls.enableServerCertAuth = 1;
  tls.verify = 1;  // host name; off by default
  tls.ssl_error_cb = &PahoLink::on_tls_error;
  tls.ssl_error_context = this;
  if (!alpn.empty()) {
    tls.protos = reinterpret_cast<const unsigned char*>(alpn.data());
    tls.protos_len = static_cast<unsigned>(alpn.size());
  }
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  char* const servers[] = {const_cast<char*>(server.c_str())};  // the C API is not const-correct; it copies
  options.serverURIs = servers;
  options.serverURIcount = 1;
  options.ssl = &tls;
  options.MQTTVersion = MQTTVERSION_3_1_1;  // the default would try 3.1 after a refusal: two refused logins
  options.cleansession = 1;
  options.maxInflight = static_cast<int>(window_) + 64;  // publishes, and subscribes beside them
  options.keepAliveInterval = seconds(request.keepalive);
  options.connectTimeout = seconds(request.timeout);  // checked by Paho every 3 s; ours is the exact one
  options.username = request.username.c_str();        // a password without a user name is no legal CONNECT
  options.binarypwd.data = request.password.data();
  options.binarypwd.len = static_cast<int>(request.password.size());
  options.onSuccess = &PahoLink::on_connected;
  options.onFailure = &PahoLink::on_connect_failed;
  options.context = this;
  if (const int rc = MQTTAsync_connect(handle_of(*client_), &options); rc != MQTTASYNC_SUCCESS)
    throw ::mqtt::exception(rc);
}

void PahoLink::disconnect() {
  try {
    client_->disconnect(0, nullptr, disconnect_listener_);
  } catch (const std::exception&) {
    ended("disconnected");  // it was down already
  }
}

// The C call: a token of the C++ client costs a list that is searched at each PUBACK, under a lock of its own.
PublishNumber PahoLink::publish(const std::string& topic, const std::string& payload) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  const int rc = MQTTAsync_send(handle_of(*client_), topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1,
                                0, &options);
  return rc == MQTTASYNC_SUCCESS ? options.token : 0;
}

bool PahoLink::subscribe(Tag tag, const std::vector<Filter>& filters) try {
  auto topics = std::make_shared<::mqtt::string_collection>();
  ::mqtt::iasync_client::qos_collection qos;
  for (const Filter& filter : filters) {
    topics->push_back(filter.topic);
    qos.push_back(filter.qos);
  }
  client_->subscribe(topics, qos, context(tag), subscribe_listener_);
  return true;
} catch (const std::exception&) {
  return false;
}

void PahoLink::connection_lost(const std::string& cause) {
  ended(cause.empty() ? "the connection was lost" : "the connection was lost: " + cause);
}

void PahoLink::message_arrived(const ::mqtt::message& message) {
  inbox_->push(Arrived{session_, {message.get_topic(), message.to_string()}});
}

void PahoLink::on_acked(void* context, MQTTAsync_token number) {
  auto& link = *static_cast<PahoLink*>(context);
  link.inbox_->push(Acked{link.session_, number});
}

void PahoLink::on_connected(void* context, MQTTAsync_successData*) {
  auto& link = *static_cast<PahoLink*>(context);
  link.inbox_->push(Up{link.session_, TlsWatch::of_process().version()});  // on the thread that shook hands
}

void PahoLink::on_connect_failed(void* context, MQTTAsync_failureData* data) {
  auto& link = *static_cast<PahoLink*>(context);
  const std::string message = data != nullptr && data->message != nullptr ? data->message : "";
  if (message == "CONNACK return code" && data->code > 0) {
    const auto failure = connack_failure(data->code);
    return link.refused(failure.kind, failure.reason);
  }
  std::string tls_text;
  {
    const std::lock_guard lock(link.tls_mutex_);
    tls_text = tidy_tls_text(link.tls_text_);
  }
  bool ambiguous = false;
  auto failure = transport_failure(message, tls_text, link.host_, ambiguous);
  link.inbox_->push(Refused{link.session_, failure.kind, std::move(failure.reason), ambiguous});
}

int PahoLink::on_tls_error(const char* text, std::size_t size, void* context) {
  auto& link = *static_cast<PahoLink*>(context);
  const std::lock_guard lock(link.tls_mutex_);
  link.tls_text_.append(text, size).append("\n");
  return 1;
}

void PahoLink::refused(ConnectFailure failure, std::string reason) {
  inbox_->push(Refused{session_, failure, std::move(reason), false});
}

void PahoLink::ended(std::string reason) { inbox_->push(Ended{session_, std::move(reason)}); }

}  // namespace vouchgate::mqtt
