import Hiredis
import SluiceLua

extension RedisTestServer {
    /// Loads a function library that reads the time from a key of the namespace, if the key exists. A library is shared by the
    /// whole server; the server of ``shared()`` already has this one. A restart without `aof` loses it.
    ///
    /// Each primary of a cluster holds the time in its library; so a replica that takes over goes by its own clock.
    /// - Throws: ``RedisTestServerError`` if the library cannot be loaded.
    public func useVirtualClock() async throws {
        try await useVirtualClock(replacing: [:])
    }

    /// Also replaces the text of some modules of the library.
    package func useVirtualClock(replacing modules: [String: String]) async throws {
        let own = ["clock": Self.virtualClock, "expiry": Self.virtualExpiry]
        let library =
            cluster == nil
            ? FunctionLibrary.text(replacing: modules.merging(own) { $1 }) : Self.clusterLibrary(replacing: modules)
        do {
            _ = try await sendToAll(["FUNCTION", "LOAD", "REPLACE", library])
        } catch {
            throw RedisTestServerError("cannot load the function library: \(error)")
        }
    }

    /// Replaces `lua/base/expiry.lua`: keys of a namespace with a virtual clock expire when the clock is moved. The key `expiries`
    /// lists them by time, in ms.
    private static let virtualExpiry = """
        -- The namespace of a key, and its time in ms, if it has a clock of its own.
        local function clock_of(key)
          local namespace = string.match(key, '^(.-):{')
          local micros = tonumber(redis.call('GET', namespace .. ':clock'))
          return namespace .. ':expiries', micros and math.floor(micros / 1000)
        end

        """ + expiryOnClock

    /// What follows the definition of `clock_of`.
    static let expiryOnClock = """
        function M.set(key, ms)
          local expiries, now = clock_of(key)
          if not now then return redis.call('PEXPIRE', key, string.format('%.0f', ms)) end
          if redis.call('EXISTS', key) == 1 then redis.call('ZADD', expiries, string.format('%.0f', now + ms), key) end
        end

        function M.put(key, value, ms)
          redis.call('SET', key, value)
          M.set(key, ms)
        end

        function M.left(key)
          local expiries, now = clock_of(key)
          if not now then return redis.call('PTTL', key) end
          local at = tonumber(redis.call('ZSCORE', expiries, key))
          return at and at - now or -1
        end
        """

    /// Replaces `lua/base/clock.lua`. The key holds microseconds since 1970.
    private static let virtualClock = """
        function M.read(base)
          local micros = tonumber(redis.call('GET', string.match(base, '^(.-):{') .. ':clock'))
          if not micros then
            local time = redis.call('TIME')
            micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
          end
          return math.floor(micros / 1000), micros
        end
        """
}
