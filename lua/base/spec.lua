-- Specs that no Sluice client made: from redis-cli and other languages. A worker discards a job whose spec it cannot read, so
-- such a spec is refused at the enqueue.
local columns = require('columns')
local json = require('json')
local members = require('members')
local utf8 = require('utf8')
local refuse = require('arguments').refuse

M.LARGEST = 1048576           -- bytes of one that is written by hand; the standard limit of clients

local KIND = 128              -- bytes
local REDACTED = 100          -- names

local function is_redacted(name) return utf8.is_line(name, 128) and name ~= '' end

local function is_need(text)
  local name = type(text) == 'string' and string.match(text, '^([%w_.-]+)%??$')
  return name and #name <= 32
end

local function rules()
  return {
    kind = members.line(KIND), args = members.any, max_attempts = members.whole, timeout_ms = members.whole,
    partitions = members.texts('an object whose values are texts, such as {"account":"5"}'),
    needs = members.list(100, is_need, 'a list of names, such as ["smtp","cache?"]'),
    chain = members.text, chain_hold = members.flag, max_waits = members.whole, batch = members.name(64),
    trace = members.texts('an object whose values are texts'), workflow = members.name(64), node = members.name(64),
    version = members.whole, key = members.name(64),
    redact = members.list(REDACTED, is_redacted, 'a list of at most ' .. REDACTED .. ' names of 1 to 128 bytes'),
  }
end

local known

-- Reads a spec written by hand, of at most `most` bytes if given. `what` names it for people. Returns it decoded.
function M.read(text, what, most)
  known = known or rules()
  if most and #text > most then
    refuse('BADARG', what .. ' can have at most ' .. most .. ' bytes, not ' .. #text
      .. ': enqueue a larger one with a Sluice client')
  end
  local spec = members.read(text, known, what)
  if spec.kind == nil then refuse('BADARG', what .. ' needs a kind, such as {"kind":"email","args":{"to":"a@b.c"}}') end
  if spec.chain_hold ~= nil and spec.chain == nil then refuse('BADARG', 'chain_hold needs a chain') end
  if (spec.workflow == nil) ~= (spec.node == nil) then refuse('BADARG', 'workflow needs node, and node needs workflow') end
  if spec.key ~= nil and type(spec.args) ~= 'string' then
    refuse('BADARG', 'args must be a base64 text, because the spec has a key, with which its arguments are encrypted')
  end
  return spec
end

-- Refuses a spec of a client from which no webhook body can be made. The names of redacted fields must be readable, since
-- otherwise all fields would be shown.
function M.check_notified(text)
  local kind = columns.raw_kind(text)
  if not (kind and utf8.is_line(kind, KIND)) then
    refuse('BADARG', 'a job with notify needs a kind: a text of 1 to 128 bytes of UTF-8 without control characters')
  end
  if string.find(text, '"redact"', 1, true) and not M.redacted(text) then
    refuse('BADARG', 'redact must be a list of names, such as "redact":["card"], in a spec that is valid JSON')
  end
end

-- The names of redacted fields; false if they cannot be read.
function M.redacted(text)
  local valid, spec = json.read(text)
  local names = valid and type(spec) == 'table' and spec.redact
  if names == nil then return {} end
  if type(names) ~= 'table' then return false end
  for _, name in pairs(names) do
    if type(name) ~= 'string' then return false end
  end
  return names
end
