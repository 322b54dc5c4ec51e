import Foundation
package import Hiredis
package import SluiceCore
import SluiceEmbedded
import SluiceLua

extension RedisTestServer {
    /// Starts a cluster for one test. What a server has, such as its socket, is then that of the first primary.
    package static func startCluster(primaries: Int = 3, replicas: Int = 0) async throws -> RedisTestServer {
        var options = PrivateCluster.Options()
        options.primaries = primaries
        options.replicas = replicas
        return RedisTestServer(cluster: try await PrivateCluster(options))
    }

    /// Sends a command to the primary of its key.
    package func send(_ command: RedisCommand) async throws -> RedisReply { try await nodes().send(command) }

    /// Sends a command without a key to each primary, as the first part of what one server would do.
    package func sendToAll(_ command: RedisCommand) async throws -> [RedisReply] { try await nodes().sendToAll(command) }

    /// Sets the virtual clock of a namespace to microseconds since 1970. Wakes nobody.
    package func setClock(of namespace: Namespace, microseconds: Int) async throws {
        guard cluster != nil else {
            _ = try await send(["SET", "\(namespace):clock", "\(microseconds)"])
            return
        }
        _ = try await sendToAll(["FCALL", "sluice_test_clock", "0", namespace.text, "\(microseconds)"])
    }

    /// The time of a namespace in microseconds since 1970: of its virtual clock, or else of the server.
    package func clock(of namespace: Namespace) async throws -> Int {
        if cluster != nil {
            return try await send(["FCALL", "sluice_test_clock", "0", namespace.text, ""]).root.integer ?? 0
        }
        if let held = try await send(["GET", "\(namespace):clock"]).root.integer { return held }
        let time = try await send(["TIME"]).root
        return (time[0].integer ?? 0) * 1_000_000 + (time[1].integer ?? 0)
    }
}

extension RedisTestServer {
    /// The library for a cluster. A key of the namespace would lie in one slot, and functions can read only keys of their own node;
    /// so each primary holds the clock in the memory of the library, and the keys that expire are listed for each slot.
    static func clusterLibrary(replacing modules: [String: String]) -> String {
        let library = modules["library"] ?? FunctionLibrary.modules["library", default: ""]
        let own = ["clock": heldClock, "expiry": heldExpiry, "library": library + "\n" + clockFunction]
        return FunctionLibrary.text(replacing: modules.merging(own) { $1 })
    }

    /// Sets and reads the clock of a namespace on this node.
    private static let clockFunction = """
        redis.register_function({ function_name = 'sluice_test_clock', flags = { 'no-writes' }, callback = function(_, args)
          local held = require('clock').held
          if args[2] ~= '' then held[args[1]] = tonumber(args[2]) end
          local micros = held[args[1]]
          if not micros then
            local time = redis.call('TIME')
            micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
          end
          return string.format('%.0f', micros)
        end })
        """

    /// Replaces `lua/base/clock.lua` in a cluster: microseconds since 1970 by namespace.
    private static let heldClock = """
        M.held = {}

        function M.read(base)
          local micros = M.held[string.match(base, '^(.-):{')]
          if not micros then
            local time = redis.call('TIME')
            micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
          end
          return math.floor(micros / 1000), micros
        end
        """

    /// Replaces `lua/base/expiry.lua` in a cluster.
    private static let heldExpiry = """
        local function clock_of(key)
          local slot, namespace = string.match(key, '^((.-):{[^}]*})')
          local micros = require('clock').held[namespace]
          return slot .. ':expiries', micros and math.floor(micros / 1000)
        end

        """ + expiryOnClock

    /// On each primary: deletes what has expired, and wakes an idle worker of each queue.
    static let passScript = """
        for _, expiries in ipairs(redis.call('KEYS', ARGV[1] .. ':{*}:expiries')) do
          for _, key in ipairs(redis.call('ZRANGE', expiries, '-inf', ARGV[2], 'BYSCORE')) do redis.call('DEL', key) end
          redis.call('ZREMRANGEBYSCORE', expiries, '-inf', ARGV[2])
        end
        for _, config in ipairs(redis.call('KEYS', ARGV[1] .. ':{*}:config')) do
          local wake = string.gsub(config, 'config$', 'wake')
          if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '1') end
        end
        return redis.status_reply('OK')
        """
}
