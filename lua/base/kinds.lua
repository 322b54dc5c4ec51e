-- Kinds as words without blanks, for records and for names of fields. `*` stands for a job without a kind, for a kind above 128
-- bytes, and in the history for the kinds above its bound.
local columns = require('columns')
local utf8 = require('utf8')

M.OTHER = '*'

local LONGEST = 128           -- bytes

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

-- Words by the beginning that specs of a kind have, as clients write them. Kept between calls, and dropped whole above 1,000.
local words_of, kept = {}, 0

-- The beginning of a spec up to the end of its kind, and the word of the kind. To match a pattern would cost more than a command.
local function read(spec)
  local last = string.find(spec, '"', 10, true)
  local head = last and string.sub(spec, 1, last) or ''
  local word = words_of[head]
  if word then return head, last, word end
  word = M.word(columns.raw_kind(spec))
  if not string.find(head, '^{"kind":"[^"\\]*"$') then return nil, nil, word end
  if kept >= 1000 then words_of, kept = {}, 0 end
  words_of[head], kept = word, kept + 1
  return head, last, word
end

-- The words of n jobs by their specs. A spec that begins like the one before is of its kind.
function M.of(specs, n)
  local words, sub = {}, string.sub
  local head, length, word = nil, nil, nil
  for i = 1, n do
    local spec = specs[i] or ''
    if not head or sub(spec, 1, length) ~= head then head, length, word = read(spec) end
    words[i] = word
  end
  return words
end
