-- Rules for the members of JSON objects that people write. A rule is {test, right}. `test(value, word, first)` returns whether a
-- value is allowed and, for lists and objects, the part that is wrong; `word` and `first` come from json.lua. `right` describes
-- an allowed value for people.
local arguments = require('arguments')
local json = require('json')
local utf8 = require('utf8')
local refuse, shown = arguments.refuse, arguments.shown

-- Refuses a member without a rule.
function M.refuse_unknown(name, rules, what)
  local names = {}
  for known in pairs(rules) do names[#names + 1] = known end
  table.sort(names)
  refuse('BADARG', what .. ' has the unknown member ' .. shown(name) .. ': known are ' .. table.concat(names, ', '))
end

-- Refuses an object whose members are not among the names of `rules`.
function M.check_known(object, rules, what)
  for name in pairs(object) do
    if rules[name] == nil then M.refuse_unknown(tostring(name), rules, what) end
  end
end

-- Reads an object from its text and checks its members by rules. Returns the object.
function M.read(text, rules, what)
  local object, seen = json.object(text, what), {}
  for _, member in ipairs(json.members(text)) do
    local name, rule = member.name, rules[member.name]
    if not rule then M.refuse_unknown(name, rules, what) end
    if seen[name] then refuse('BADARG', name .. ' is given twice in ' .. what) end
    seen[name] = true
    local value = object[name]
    local is_right, wrong = rule.test(value, member.word, member.first)
    if not is_right then
      local found = wrong and ': ' .. wrong or ', not ' .. shown(value, member.word, member.first)
      refuse('BADARG', name .. ' of ' .. what .. ' must be ' .. rule.right .. found)
    end
  end
  return object
end

-- Rules that several objects share. A whole number has to fit a Swift Int and be written as Swift reads it.
local function is_whole(value, word)
  return type(value) == 'number' and string.find(word, '^[1-9]%d*$') ~= nil
    and (#word < 19 or #word == 19 and word <= '9223372036854775807')
end

M.whole = { test = is_whole, right = 'a whole number from 1 on, in digits' }

-- The same from 0.
local function is_natural(value, word) return word == '0' or is_whole(value, word) end

M.natural = { test = is_natural, right = 'a whole number from 0 on, in digits' }

M.any = { test = function() return true end }

M.text = { test = function(value) return type(value) == 'string' and value ~= '' end, right = 'a text that is not empty' }

function M.line(most, right)
  local function test(value) return utf8.is_line(value, most) and value ~= '' end
  return { test = test, right = right or 'a text of 1 to ' .. most .. ' bytes without control characters' }
end

function M.name(most)
  local function test(value) return type(value) == 'string' and #value <= most and string.find(value, '^[%w._-]+$') ~= nil end
  return { test = test, right = 'a text of 1 to ' .. most .. ' letters, digits, dots, dashes or underscores' }
end

M.flag = { test = function(value) return type(value) == 'boolean' end, right = 'true or false' }

-- An object of texts.
local function are_texts(value, _, first)
  if first ~= '{' then return false end
  for name, text in pairs(value) do
    if type(text) ~= 'string' then return false, name .. ' is ' .. shown(text) end
  end
  return true
end

function M.texts(right) return { test = are_texts, right = right } end

-- A list of values that pass a test.
function M.list(most, is_right, right)
  local function test(value, _, first)
    if first ~= '[' then return false end
    if #value > most then return false, 'it has ' .. #value end
    for i, one in ipairs(value) do
      if not is_right(one) then return false, 'number ' .. i .. ' is ' .. shown(one) end
    end
    return true
  end
  return { test = test, right = right }
end
