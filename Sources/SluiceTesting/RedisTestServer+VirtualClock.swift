import Hiredis
import SluiceLua

extension RedisTestServer {
    /// Loads a function library that takes the time from a key of the namespace, where there is one. A library belongs to the
    /// whole server; the one that ``shared()`` gives has it already. A restart without `aof` forgets it.
    public func useVirtualClock() async throws {
        try await useVirtualClock(replacing: [:])
    }

    /// The same, with other texts for some modules of the library.
    package func useVirtualClock(replacing modules: [String: String]) async throws {
        let client = RedisClient(try RedisConfiguration(url: socketURL))
        let library = FunctionLibrary.text(replacing: modules.merging(["clock": Self.virtualClock]) { $1 })
        do {
            _ = try await client.send(["FUNCTION", "LOAD", "REPLACE", library])
        } catch {
            throw RedisTestServerError("cannot load the function library: \(error)")
        }
        await client.close()
    }

    /// Stands in for `lua/clock.lua`. The key holds microseconds since 1970.
    private static let virtualClock = """
        local M = {}

        function M.read(base)
          local micros = tonumber(redis.call('GET', string.match(base, '^(.-):{') .. ':clock'))
          if not micros then
            local time = redis.call('TIME')
            micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
          end
          return math.floor(micros / 1000), micros
        end

        return M
        """
}
