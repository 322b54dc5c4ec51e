-- Keys that go by themselves, by the server's time. Nothing else in the library makes keys expire.
-- The library that SluiceTesting loads has another module in this one's place.
local M = {}

local function text(ms) return string.format('%.0f', ms) end

-- A key goes after so many ms.
function M.set(key, ms) redis.call('PEXPIRE', key, text(ms)) end

-- Writes a text that goes after so many ms.
function M.put(key, value, ms) redis.call('SET', key, value, 'PX', text(ms)) end

-- After how many ms a key goes; below 0 if it does not.
function M.left(key) return redis.call('PTTL', key) end

return M
