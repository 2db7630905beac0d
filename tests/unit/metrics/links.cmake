# The words of the attach states come from the room that owns them; the feed is read as JSON.
set(extra vouchgate_attach nlohmann_json::nlohmann_json)
