-- JSON from outside, read by RFC 8259. The reader of Redis also accepts NaN, hexadecimal numbers, control characters in strings
-- and bytes that are not UTF-8, at which clients and workers stop. It also does not tell [] from {}.
local utf8 = require('utf8')
local refuse = require('arguments').refuse

local DEEPEST = 501           -- brackets open at once; JSONSyntax in Swift allows the arguments of a spec 500
local CONTROL = '[%z\1-\31]'
local reader

-- A reader with its own settings, since the settings of `cjson` belong to all scripts of the server.
local function decode(text)
  if not reader then
    reader = cjson.new()
    reader.decode_invalid_numbers(false)
    reader.decode_max_depth(DEEPEST)
  end
  return pcall(reader.decode, text)
end

-- Whether a string in a JSON text holds a control character.
local function has_control(text)
  if not string.find(text, CONTROL) then return false end
  for inner in string.gmatch((string.gsub(text, '\\.', '')), '"([^"]*)"') do
    if string.find(inner, CONTROL) then return true end
  end
  return false
end

-- Reads a text. Returns true and the value, or false and the reason.
function M.read(text)
  if not utf8.is_valid(text) then return false, 'it is not UTF-8' end
  local valid, value = decode(text)
  if not valid then return false, value end
  if has_control(text) then return false, 'a control character stands in a string: write it as \\n, \\t or \\u00XX' end
  return true, value
end

function M.is_valid(text) return (M.read(text)) end

-- Reads a text that has to be a JSON object, and refuses other texts. `what` names it for people.
function M.object(text, what)
  local valid, value = M.read(text)
  if valid and not string.find(text, '^%s*{') then valid, value = false, 'it is another kind of value' end
  if not valid then refuse('BADARG', what .. ' must be a JSON object: ' .. value) end
  return value
end

-- The members of an object that was read, in order: {name, first, word, from, to}. `first` is the first character of the value,
-- `word` its text if it is a number, true, false or null, `from` and `to` its position.
function M.members(text)
  local function hide(inner) return string.rep('_', #inner) end
  local hidden = string.gsub(string.gsub(text, '\\.', '__'), '"([^"]*)"', function(inner) return '"' .. hide(inner) .. '"' end)
  local start = string.find(hidden, '{', 1, true)
  hidden = string.gsub(string.gsub(string.match(hidden, '^(.*)}', start + 1), '%b{}', hide), '%b[]', hide)
  local list = {}
  for from, to, value, stop in string.gmatch(hidden, '()"_*"()%s*:%s*()[^,]*()') do
    list[#list + 1] = {
      name = cjson.decode('[' .. string.sub(text, start + from, start + to - 1) .. ']')[1],
      first = string.sub(text, start + value, start + value),
      word = string.match(text, '^[%w.+-]*', start + value), from = start + value, to = start + stop - 1,
    }
  end
  return list
end
