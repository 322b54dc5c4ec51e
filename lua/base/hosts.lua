-- The host of a URL in one form, so that each host has one gate. Names lose the last dot, upper case and percent-encoding.
-- Addresses get their usual form: 2130706433, 0x7f.1 and 127.0.0.1 are one host.

local function decoded(text)
  return (string.gsub(text, '%%(%x%x)', function(digits) return string.char(tonumber(digits, 16)) end))
end

-- One part of an IPv4 address: decimal, octal with a leading zero, or hexadecimal; nil if it is no number.
local function part(text)
  if string.find(text, '^0x%x+$') then return tonumber(text, 16) end
  if string.find(text, '^0[0-7]*$') then return tonumber(text, 8) end
  return string.find(text, '^[1-9]%d*$') and tonumber(text) or nil
end

-- An IPv4 address of one to four parts, the last of which fills the remaining bytes; nil if the text is none.
local function four(host)
  local parts, number = {}, 0
  for text in string.gmatch(host .. '.', '([^.]*)%.') do parts[#parts + 1] = part(text) or -1 end
  if #parts > 4 then return nil end
  for i = 1, #parts do
    local most = i < #parts and 256 or 256 ^ (5 - #parts)
    if parts[i] < 0 or parts[i] >= most then return nil end
    number = number + parts[i] * (i < #parts and 256 ^ (4 - i) or 1)
  end
  local bytes = {}
  for i = 1, 4 do bytes[i] = string.format('%d', math.floor(number / 256 ^ (4 - i)) % 256) end
  return table.concat(bytes, '.')
end

-- The groups in a piece of an IPv6 address; nil if the piece is malformed.
local function groups(text)
  local list = {}
  for group in string.gmatch(text, '[^:]+') do
    local one, two, three, last = string.match(group, '^(%d+)%.(%d+)%.(%d+)%.(%d+)$')
    if one then
      list[#list + 1], list[#list + 2] = one * 256 + two, three * 256 + last
    elseif #group <= 4 and string.find(group, '^%x+$') then
      list[#list + 1] = tonumber(group, 16)
    else
      return nil
    end
  end
  return list
end

-- An IPv6 address in the form of RFC 5952; an address mapped from IPv4 in the form of that; nil if the text is none.
local function six(text)
  local head, tail = string.match(text, '^(.-)::(.*)$')
  local first, last = groups(head or text), groups(tail or '')
  if not first or not last or #first + #last > 8 or not head and #first < 8 then return nil end
  local all = {}
  for i = 1, 8 do all[i] = first[i] or last[i - 8 + #last] or 0 end
  local from, length = 0, 1
  for i = 1, 8 do
    local n = 0
    while all[i + n] == 0 do n = n + 1 end
    if n > length then from, length = i, n end
  end
  if from == 1 and length == 5 and all[6] == 65535 then return four(all[7] * 65536 + all[8]) end
  local parts = {}
  for i = 1, 8 do
    if i < from or i >= from + length or from == 0 then parts[#parts + 1] = string.format('%x', all[i]) end
    if i == from then parts[#parts + 1] = (i == 1 and ':' or '') .. (i + length == 9 and ':' or '') end
  end
  return '[' .. table.concat(parts, ':') .. ']'
end

-- The host of an http or https URL, without its port.
function M.of(url)
  local authority = string.lower(string.match(url, '^https?://([^/?#]+)'))
  local inner = string.match(authority, '^%[(.*)%]')
  if inner then return six(inner) or string.match(authority, '^%[.*%]') end
  local written = string.match(authority, '^[^:]+')
  local host = string.match(string.lower(decoded(written)), '^([%w._-]-)%.*$')
  if not host or host == '' then return written end
  return four(host) or host
end
