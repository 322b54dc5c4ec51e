-- Kinds as words without blanks, for names of fields. `*` stands for a job without a kind, for a kind above 128
-- bytes, and in the history for the kinds above its bound.
local utf8 = require('utf8')

M.OTHER = '*'

local LONGEST = 128           -- bytes
M.LONGEST_WORD = 3 * LONGEST

local function hex(byte) return string.format('%%%02X', string.byte(byte)) end

-- The word of a kind.
function M.word(kind)
  if not kind or kind == '' or #kind > LONGEST then return M.OTHER end
  return (string.gsub(kind, '[%z\1-\32%%\127]', hex))
end

-- The kind of a word, as valid UTF-8.
function M.shown(word)
  return utf8.mended((string.gsub(word, '%%(%x%x)', function(code) return string.char(tonumber(code, 16)) end)))
end
