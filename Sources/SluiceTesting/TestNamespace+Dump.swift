import Hiredis
import SluiceCore

extension TestNamespace {
    /// Returns all data of the namespace at one instant, as text that is the same in every run of a test. In a cluster it is one
    /// instant for each node.
    ///
    /// The keys of the result lack the namespace, such as `{mail}:spec`. Each member is a line: `field = value` of a hash, the
    /// member of a set, `score member` of a sorted set, an element of a list, the fields of a stream's entry. Hashes and sets are
    /// sorted. A key that will expire starts with the line `(expires)`. The clock itself is left out.
    ///
    /// Times count from the start of the virtual clock: `T+1500` is 1.5 s after it in milliseconds, `F+1500` the same in
    /// microseconds (the unit of fences), and `5/T+1500.3` the fourth place taken at that time, in class 5.
    /// - Throws: an error if Redis cannot be reached or used.
    public func dump() async throws -> [String: String] {
        let times = RelativeTimes(start: start)
        var texts: [String: String] = [:]
        for reply in try await everywhere(Self.dumpScript, namespace.text, clockKey) {
            var rest = reply.root.elements
            while let key = rest.next()?.string, let text = rest.next()?.string {
                texts[times.rewrite(key)] = times.rewrite(text)
            }
        }
        return texts
    }

    /// Rewrites the times in a text, as a dump does.
    package func relative(_ text: String) -> String { RelativeTimes(start: start).rewrite(text) }

    private static let dumpScript = """
        local function pairs_of(flat, format)
          local lines = {}
          for i = 1, #flat, 2 do lines[#lines + 1] = string.format(format, flat[i], flat[i + 1]) end
          return lines
        end
        local function sorted(lines)
          table.sort(lines)
          return lines
        end
        local read = {
          string = function(key) return { redis.call('GET', key) } end,
          list = function(key) return redis.call('LRANGE', key, 0, -1) end,
          set = function(key) return sorted(redis.call('SMEMBERS', key)) end,
          hash = function(key) return sorted(pairs_of(redis.call('HGETALL', key), '%s = %s')) end,
          zset = function(key)
            local flat = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
            for i = 1, #flat, 2 do flat[i], flat[i + 1] = flat[i + 1], flat[i] end
            return pairs_of(flat, '%s %s')
          end,
          stream = function(key)
            local lines = {}
            for i, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
              lines[i] = table.concat(pairs_of(entry[2], '%s=%s'), ' ')
            end
            return lines
          end,
        }
        local lists = redis.call('KEYS', ARGV[1] .. ':*expiries')
        local function expires(key)
          if redis.call('PTTL', key) >= 0 then return true end
          for _, expiries in ipairs(lists) do
            if redis.call('ZSCORE', expiries, key) then return true end
          end
        end
        local function is_ours(key)
          return key ~= ARGV[2] and not string.find(key, ':expiries$')
        end
        local reply = {}
        for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
          if is_ours(key) then
            local text = table.concat(read[redis.call('TYPE', key).ok](key), '\\n')
            reply[#reply + 1] = string.sub(key, #ARGV[1] + 2)
            reply[#reply + 1] = (expires(key) and '(expires)\\n' or '') .. text
          end
        end
        return reply
        """
}
