-- Checks and repairs UTF-8, for JSON that leaves Redis.

-- All UTF-8 sequences of more than one byte (Unicode 15, table 3-7).
local SEQUENCES = {
  '[\194-\223][\128-\191]', '\224[\160-\191][\128-\191]', '[\225-\236\238\239][\128-\191][\128-\191]',
  '\237[\128-\159][\128-\191]', '\240[\144-\191][\128-\191][\128-\191]', '[\241-\243][\128-\191][\128-\191][\128-\191]',
  '\244[\128-\143][\128-\191][\128-\191]',
}

-- Whether a text is UTF-8.
function M.is_valid(text)
  if not string.find(text, '[\128-\255]') then return true end
  for i = 1, #SEQUENCES do text = string.gsub(text, SEQUENCES[i], ' ') end
  return not string.find(text, '[\128-\255]')
end

-- Whether a value is a text of at most `most` bytes, in UTF-8, without control characters.
function M.is_line(value, most)
  return type(value) == 'string' and #value <= most and not string.find(value, '[%z\1-\31\127]')
    and not string.find(value, '\194[\128-\159]') and M.is_valid(value)
end

-- The last byte of the sequence that begins at a byte, or nil if none does.
local function sequence_end(text, at)
  for i = 1, #SEQUENCES do
    local first, last = string.find(text, '^' .. SEQUENCES[i], at)
    if first then return last end
  end
  return nil
end

-- The text with U+FFFD in place of each byte that is not part of UTF-8.
function M.mended(text)
  if M.is_valid(text) then return text end
  return (string.gsub(text, '[\128-\255]+', function(bytes)
    local parts, at = {}, 1
    while at <= #bytes do
      local last = sequence_end(bytes, at)
      parts[#parts + 1] = last and string.sub(bytes, at, last) or '\239\191\189'
      at = (last or at) + 1
    end
    return table.concat(parts)
  end))
end

-- A text of at most this number of bytes, in UTF-8: of a longer one the beginning, without the character that is cut.
function M.cut(text, most)
  if #text <= most then return M.mended(text) end
  local tail = string.sub(text, most - 3, most)
  if string.find(text, '^[\128-\191]', most + 1) then tail = string.gsub(tail, '[\192-\255]?[\128-\191]*$', '') end
  return M.mended(string.sub(text, 1, most - 4) .. tail) .. '…'
end
