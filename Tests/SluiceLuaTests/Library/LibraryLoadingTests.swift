import Hiredis
import SluiceCore
import SluiceLua
import SluiceStore
import SluiceTesting
import Testing

/// The library on servers of the test's own: loading, replacing, and what a worker's user may do.
@Suite(.timeLimit(.minutes(10)))
struct LibraryLoadingTests {
    private let server: RedisTestServer

    init() async throws { server = try await RedisTestServer.start() }

    private func store(_ configuration: ((inout RedisConfiguration) -> Void)? = nil) throws -> Store {
        var settings = try RedisConfiguration(url: server.socketURL)
        configuration?(&settings)
        return Store(settings)
    }

    /// Loads a text as an administrator.
    private func load(_ text: String) async throws {
        let client = RedisClient(try RedisConfiguration(url: server.socketURL))
        _ = try await client.send(["FUNCTION", "LOAD", "REPLACE", text])
        await client.close()
    }

    private func revision(_ store: Store) async throws -> Int? { try await store.libraryVersion()?.revision }

    @Test func isLoadedWhereThereIsNone() async throws {
        let store = try store()
        #expect(try await store.call(Status(), on: "mail")["available"] == "0")
        #expect(try await revision(store) == FunctionLibrary.revision)
    }

    @Test func replacesWhatIsOlder() async throws {
        try await load(FunctionLibrary.text(revision: FunctionLibrary.revision - 1))
        #expect(try await revision(store()) == FunctionLibrary.revision)
    }

    @Test func leavesWhatIsNewer() async throws {
        try await load(FunctionLibrary.text(revision: FunctionLibrary.revision + 1))
        #expect(try await revision(store()) == FunctionLibrary.revision + 1)
    }

    @Test func leavesWhatIsPinned() async throws {
        try await load(FunctionLibrary.text(pinned: true, revision: FunctionLibrary.revision - 1))
        let store = try store()
        #expect(try await revision(store) == FunctionLibrary.revision - 1)
        #expect(try await store.libraryVersion()?.isPinned == true)
    }

    @Test func aNewerProtocolIsRefused() async throws {
        try await load("#!lua name=other\nredis.register_function('sluice_version', function() return {9, 1, 0} end)")
        try await server.cli("FUNCTION", "DELETE", "other")
        try await load(
            "#!lua name=sluice\nredis.register_function{function_name='sluice_version', flags={'no-writes'}, "
                + "callback=function() return {9, 1, 0} end}")
        let error = await #expect(throws: SluiceError.self) { try await store().call(Status(), on: "mail") }
        #expect(error?.code == .newerVersion)
    }

    @Test func aForeignLibraryOfThatNameIsNamed() async throws {
        try await load("#!lua name=sluice\nredis.register_function('something', function() return 1 end)")
        let error = await #expect(throws: SluiceError.self) { try await store().call(Status(), on: "mail") }
        #expect(error?.code == .foreignLibrary)
        #expect(error?.message.contains("FUNCTION DELETE sluice") == true)
        #expect(try await server.cli("FCALL", "something", "0") == "1")
    }

    @Test func functionsThatVanishUnderAConnectionAreLoadedAgain() async throws {
        let store = try store()
        _ = try await store.call(Pause(reason: "kept", mayBeNew: true), on: "mail")
        let connections = store.connections
        try await server.cli("FUNCTION", "FLUSH")
        async let first = store.call(Status(), on: "mail")
        async let second = store.call(Status(), on: "mail")
        #expect(try await [first, second].allSatisfy { $0["paused"]?.hasSuffix("kept") == true })
        #expect(store.connections == connections)
    }

    @Test func aServerThatForgetsEverythingIsGivenThemAfterReconnecting() async throws {
        let store = try store()
        _ = try await store.call(Pause(reason: "", mayBeNew: true), on: "mail")
        try await server.restart()
        let status = try await withReconnection { try await store.call(Status(), on: "mail") }
        #expect(status["paused"] == "")
    }

    /// The first call after a restart may find the old connection going down.
    private func withReconnection<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<100 {
            do { return try await body() } catch let error as SluiceError where error.isTransient {}
        }
        return try await body()
    }

    @Test func theClockOfTheTestLibraryGoesWithTheNamespace() async throws {
        try await server.useVirtualClock()
        let queues = try await TestNamespace(on: server, clock: .virtual)
        try await queues.advance(by: .seconds(5))
        #expect(try await queues.store.call(Status(), on: "mail")["now"] == "\(queues.start + 5000)")
    }
}
