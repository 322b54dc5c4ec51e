-- The arguments of a call: each is read, or the call is refused. Also how a function refuses a call, and how it writes a number.
local utf8 = require('utf8')

local REASON = 1000           -- bytes of a reason

-- Ends the call with an error of a stable upper-case code. Before that, a function writes nothing but counters. Redis prefixes a
-- lone word with ERR, so a text is required.
function M.refuse(code, text) error({ refusal = code .. ' ' .. text }) end

-- Writes an integer. Lua's own conversion keeps 14 digits. `%d` takes half the time of `%.0f`, where its integers have 64 bits.
local exact = string.format('%d', 2 ^ 52) == '4503599627370496'
function M.digits(number)
  if exact and number % 1 == 0 then return string.format('%d', number) end
  return string.format('%.0f', number)
end

-- A value for people, shortened if it is long. `word` is the text of a number, `first` the first character of an object or a
-- list, as json.members has them.
function M.shown(value, word, first)
  if type(value) == 'string' then
    if #value > 60 then value = string.sub(value, 1, 60) .. '…' end
    return "'" .. string.gsub(value, '[%z\1-\31\127]', '?') .. "'"
  end
  if type(value) == 'number' then return word or string.format('%.17g', value) end
  if type(value) == 'table' then return first == '[' and 'a list' or first == '{' and 'an object' or 'a list or an object' end
  return value == cjson.null and 'null' or tostring(value)
end

-- Reads a whole number within bounds.
function M.number(value, least, most, name)
  local number = tonumber(value)
  if not number or number ~= math.floor(number) or number < least or number > most then
    local given, bounds = value == nil and 'missing' or M.shown(value), M.digits(least) .. ' to ' .. M.digits(most)
    M.refuse('BADARG', name .. ' must be a whole number from ' .. bounds .. ', not ' .. given)
  end
  return number
end

-- The same for a member of a JSON object, where a text is no number.
function M.whole(value, least, most, name)
  return M.number(type(value) == 'string' and cjson.encode(value) or value, least, most, name)
end

-- Reads a cursor of a Redis scan. Cursors are below the size of the scanned key.
function M.cursor(value)
  local found = string.match(value or '', '^%d+$')
  if not found or #found > 18 then
    M.refuse('BADARG', 'no such cursor: ' .. M.shown(value or '') .. '. Pass the one that the call before returned')
  end
  return found
end

-- Reads an optional reason given by a person.
function M.reason(value)
  if value and not utf8.is_line(value, REASON) then
    M.refuse('BADARG', 'a reason must be at most ' .. REASON .. ' bytes of UTF-8 without control characters')
  end
  return value or ''
end

-- Reads a word without blanks, such as the id of a worker or producer.
function M.word(value, name)
  if type(value) ~= 'string' or #value > 128 or not string.find(value, '^[!-~]+$') then
    M.refuse('BADARG', name .. ' must be 1 to 128 printable ASCII characters without spaces')
  end
  return value
end
