-- Reads cron entries, as clients write them. Malformed ones are refused.
local json = require('json')
local members = require('members')
local options = require('options')
local signed = require('signed')
local spec = require('spec')
local refuse = require('arguments').refuse

local overlaps = { allow = true, skip = true, ['queue-one'] = true }

local function is_catch_up(value)
  if value == 'none' or value == 'latest' then return true end
  local limit = type(value) == 'string' and tonumber(string.match(value, '^all=(%d+)$'))
  return limit and limit >= 1 and limit <= 1000
end

local function is_object(_, _, first) return first == '{' end

local function rules()
  return {
    expression = members.line(1000), zone = members.line(100), job = { test = is_object, right = 'a spec, which is an object' },
    options = { test = is_object, right = 'an object' },
    catch_up = { test = is_catch_up, right = 'none, latest or all=N, N from 1 to 1000' },
    overlap = { test = function(value) return overlaps[value] ~= nil end, right = 'allow, skip or queue-one' },
    jitter_ms = members.natural, start = members.natural, ['end'] = members.natural, limit = members.whole,
  }
end

local known

-- Reads the text of an entry, or refuses the call.
function M.read(q, text)
  known = known or rules()
  local entry = members.read(text, known, 'a cron entry')
  if not (entry.expression and entry.zone and entry.job) then
    refuse('BADARG', 'a cron entry needs expression, zone and job')
  end
  local own = {}
  for _, member in ipairs(json.members(text)) do own[member.name] = string.sub(text, member.from, member.to) end
  spec.read(own.job, 'the job of a cron entry')
  signed.refuse(q.keys.name, own.job)
  local given = entry.options or {}
  if given.delay ~= nil or given.at ~= nil or given.after ~= nil or given.target ~= nil then
    refuse('BADARG', 'the options of a cron entry cannot have delay, at, after or target: its jobs are due at its ticks')
  end
  options.read(q, own.options or '{}')
  return entry
end
