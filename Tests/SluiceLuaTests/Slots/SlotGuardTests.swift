import Hiredis
import SluiceLua
import SluiceTesting
import Testing

/// Every function of the library, called on both nodes at each step of a move of its slot. Functions are found in the list that
/// Redis gives, so a new one without the guard makes these tests red.
@Suite(.timeLimit(.minutes(10)))
struct SlotGuardTests {
    /// These touch no key but the declared one, of which Redis itself knows where it is; or none at all.
    private static let exempt: Set = [
        "sluice1_note_action", "sluice1_help", "sluice_help", "sluice1_version", "sluice_version",
    ]

    /// A key of each kind, each in a slot of its own.
    private static let keys = [
        "{mail}", "{semaphore.a}", "{batch.a}", "{limiter.a}", "{workflow.a}", "{workflows}", "{batches}",
    ].map { "guard:" + $0 }

    private static let redirections: Set = ["ASK", "MOVED", "TRYAGAIN", "MOVING"]

    /// A call of each function with a key of its kind, and no arguments.
    private func calls(on node: SlotNode) async throws -> [[String]] {
        let library = try await node.send("FUNCTION", "LIST", "LIBRARYNAME", "sluice")[0].dictionary
        let functions = try #require(library["functions"]).elements.map(\.dictionary)
        var calls: [[String]] = []
        for function in functions {
            let name = try #require(function["name"]?.string)
            if Self.exempt.contains(name) { continue }
            let isRead = function["flags"]?.elements.contains { $0.string == "no-writes" } == true
            var fitting: [String]?
            for key in Self.keys where fitting == nil {
                let call = [isRead ? "FCALL_RO" : "FCALL", name, "1", key]
                if try await node.refusal(call) != "BADKEY" { fitting = call }
            }
            calls.append(try #require(fitting, "\(name) takes none of these keys: add one of its kind"))
        }
        #expect(calls.count > 70)
        return calls
    }

    /// The functions that a node answers with other codes than those.
    private func others(
        than codes: Set<String>, of calls: [[String]], on node: SlotNode, asking: Bool = false
    ) async throws -> [String] {
        var others: [String] = []
        for call in calls {
            let code = try await node.refusal(call, asking: asking) ?? "none"
            if !codes.contains(code) { others.append("\(call[1]): \(code)") }
        }
        return others
    }

    /// What the nodes answer while the slots of all kinds are being moved. Nothing may be written by it.
    private func checkMoving(_ pair: SlotPair, _ calls: [[String]], sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let before = (try await pair.source.contents(), try await pair.target.contents())
        #expect(try await others(than: ["ASK"], of: calls, on: pair.source) == [], sourceLocation: sourceLocation)
        #expect(try await others(than: ["MOVED"], of: calls, on: pair.target) == [], sourceLocation: sourceLocation)
        #expect(
            try await others(than: ["MOVING"], of: calls, on: pair.target, asking: true) == [], sourceLocation: sourceLocation)
        #expect(try await pair.source.contents() == before.0, sourceLocation: sourceLocation)
        #expect(try await pair.target.contents() == before.1, sourceLocation: sourceLocation)
    }

    @Test func noFunctionRunsWhileItsSlotIsBeingMoved() async throws {
        let pair = try await SlotPair.start()
        let calls = try await calls(on: pair.source)
        var slots: [String] = []
        for key in Self.keys {
            slots.append(try await pair.slot(key))
            for end in ["one", "two", "three"] { try await pair.source.send("SET", "\(key):\(end)", end) }
        }
        #expect(try await others(than: ["none", "BADARG", "NOQUEUE", "MISSING"], of: calls, on: pair.source) == [])

        for slot in slots { try await pair.begin(slot) }
        try await checkMoving(pair, calls)
        for slot in slots { #expect(try await pair.move(slot, keys: 1) == 1) }
        try await checkMoving(pair, calls)
        for slot in slots { #expect(try await pair.move(slot, keys: 1000) >= 2) }
        #expect(try await pair.source.contents() == [:])
        try await checkMoving(pair, calls)

        for slot in slots { try await pair.end(slot) }
        #expect(try await others(than: ["MOVED"], of: calls, on: pair.source) == [])
        #expect(try await others(than: ["none", "BADARG", "NOQUEUE", "MISSING"], of: calls, on: pair.target) == [])
        await pair.close()
    }

    /// Of several keys Redis knows that they are not there, and answers before the function runs.
    @Test func aCallForSeveralQueuesOfOneSlotWaits() async throws {
        let pair = try await SlotPair.start()
        let call = ["FCALL_RO", "sluice1_outlines", "2", "one:{mail}", "other:{mail}"]
        let slot = try await pair.slot("{mail}")
        #expect(try await pair.source.refusal(call) == nil)
        try await pair.begin(slot)
        #expect(try await pair.source.refusal(call) == "ASK")
        #expect(try await pair.target.refusal(call, asking: true) == "TRYAGAIN")
        try await pair.end(slot)
        #expect(try await pair.target.refusal(call) == nil)
        let apart = ["FCALL_RO", "sluice1_outlines", "2", "one:{mail}", "one:{letters}"]
        #expect(try await pair.source.refusal(apart) == "CROSSSLOT")
        await pair.close()
    }

    /// The first test can fail: it finds a function that does not open its key, and all of them where the guard is out.
    @Test func aFunctionWithoutTheGuardIsFound() async throws {
        let library = try #require(FunctionLibrary.modules["library"])
        let bare = "\nregister('bare', {}, opening(function(keys) return redis.call('HSET', keys[1] .. ':a', 'b', 'c') end))\n"
        for (modules, least) in [(["library": library + bare], 1), (try SlotSplitTests.withoutGuard(), 70)] {
            let pair = try await SlotPair.start(replacing: modules)
            let calls = try await calls(on: pair.source)
            for key in Self.keys { try await pair.begin(try await pair.slot(key)) }
            let unguarded = try await others(than: ["MOVING"], of: calls, on: pair.target, asking: true)
            #expect(unguarded.count >= least)
            #expect(least > 1 || unguarded == ["sluice1_bare: none"])
            await pair.close()
        }
    }

    /// A user without rights beyond a namespace finds out, too; so does one of a single queue, who may not look at other slots.
    @Test(arguments: ["~guard:{*", "~guard:{mail}*"])
    func aUserWithFewRightsIsRefusedAlike(_ keys: String) async throws {
        let pair = try await SlotPair.start()
        let rights = [keys, "+@all", "-@dangerous", "-@admin", "-@scripting", "+fcall"]
        try await pair.target.send(["ACL", "SETUSER", "few", "on", ">secret"] + rights)
        let few = try pair.target.user("few", password: "secret")
        let slot = try await pair.slot("{mail}")
        let call = ["FCALL", "sluice1_enqueue", "1", "guard:{mail}"]
        try await pair.begin(slot)
        #expect(try await few.refusal(call, asking: true) == "MOVING")
        try await pair.end(slot)
        #expect(try await few.refusal(call) == "BADARG")
        #expect(try await pair.target.send("ACL", "LOG").count == 0)
        await few.close()
        await pair.close()
    }

    /// A user who may not even call EXISTS is told so, and not that the slot moves.
    @Test func aUserWithoutTheRightIsToldWhatItLacks() async throws {
        let pair = try await SlotPair.start()
        try await pair.source.send("ACL", "SETUSER", "blind", "on", ">secret", "~guard:*", "+@all", "-exists", "-@admin")
        let blind = try pair.source.user("blind", password: "secret")
        let refusal = try await blind.refusal(["FCALL", "sluice1_enqueue", "1", "guard:{mail}"])
        #expect(refusal == "ERR" || refusal == "NOPERM", "the code depends on the version of Redis")
        await blind.close()
        await pair.close()
    }

    /// Outside a cluster it costs one look for each load of the library. A user who cannot look leaves that to another one.
    @Test func aSingleServerAsksOnce() async throws {
        let server = try await RedisTestServer.start(.init(aclUsers: ["few on >secret ~guard:{mail}* +@all"]))
        let client = RedisClient(try RedisConfiguration(url: server.socketURL))
        var configuration = try RedisConfiguration(url: server.socketURL)
        configuration.username = "few"
        configuration.password = "secret"
        let few = RedisClient(configuration)
        _ = try await client.send(RedisCommand(["FUNCTION", "LOAD", FunctionLibrary.text()]))
        /// How often one call of a function asks with EXISTS.
        func looks(_ client: RedisClient) async throws -> Int {
            try await server.cli("CONFIG", "RESETSTAT")
            _ = try await client.send(["FCALL_RO", "sluice_status", "1", "guard:{mail}"])
            let calls = try await server.cli("INFO", "commandstats").firstMatch(of: /cmdstat_exists:calls=(\d+)/)?.output.1
            return Int(calls ?? "0") ?? 0
        }
        let unknown = try await looks(few)
        let first = try await looks(client)
        let later = try await looks(client)
        #expect(first == later + 1 && unknown == later + 1)
        #expect(try await looks(few) == later)
        await few.close()
        await client.close()
    }
}
