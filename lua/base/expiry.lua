-- Keys that expire, by the server's time. No other module makes keys expire.
-- SluiceTesting loads another module in place of this one.

local digits = require('arguments').digits

-- Makes a key expire after some ms.
function M.set(key, ms) redis.call('PEXPIRE', key, digits(ms)) end

-- Writes a text that expires after some ms.
function M.put(key, value, ms) redis.call('SET', key, value, 'PX', digits(ms)) end

-- The ms until a key expires; below 0 for a key that does not.
function M.left(key) return redis.call('PTTL', key) end
