import Hiredis
import SluiceLua
import SluiceTesting
import Testing

/// Modules require each other in circles, and the first function that is called decides which of them runs first.
@Suite(.timeLimit(.minutes(10)))
struct ModuleOrderTests {
    /// Requires modules in the order of its arguments. Returns the fields of all but the first argument, each with its value.
    private static let probe = """
        local function tell(value, path, lines)
          if type(value) == 'table' then
            for name, inner in pairs(value) do tell(inner, path .. '.' .. tostring(name), lines) end
          else
            lines[#lines + 1] = path .. ' = ' .. (type(value) == 'function' and 'function' or tostring(value))
          end
        end
        redis.register_function('fields', function(_, names)
          local lines = {}
          for i = 1, #names do require(names[i]) end
          for i = 2, #names do tell(require(names[i]), names[i], lines) end
          table.sort(lines)
          return table.concat(lines, '\\n')
        end)
        """

    @Test func aModuleIsTheSameWhicheverRunsFirst() async throws {
        let server = try await RedisTestServer.start()
        let client = RedisClient(try RedisConfiguration(url: server.socketURL))
        let names = FunctionLibrary.modules.keys.filter { $0 != "library" }.sorted()
        var fields: [String: [String]] = [:]
        for name in names {
            _ = try await client.send(["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(replacing: ["library": Self.probe])])
            let reply = try await client.send(RedisCommand(["FCALL", "fields", "0", name] + names))
            fields[reply.root.string ?? "", default: []].append(name)
        }
        await client.close()
        #expect(fields.count == 1, "the fields depend on the module that runs first: \(fields.values.map { $0.sorted() })")
    }
}
