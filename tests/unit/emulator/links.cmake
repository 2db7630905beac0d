# OpenSSL makes the tests' own keys and tokens, the JSON library reads the lines. Never links the broker.
set(extra OpenSSL::Crypto nlohmann_json::nlohmann_json)
