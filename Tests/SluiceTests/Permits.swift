import Hiredis
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Synchronization
import TestSupport
import Testing

/// Clients of one namespace that share a semaphore, and who is at work.
final class Permits: Sendable {
    let queues: TestNamespace
    let clients: [SluiceClient]
    /// Counts those who have come to work.
    let entered = Occurrences()
    /// When it has happened, everybody goes home.
    let closing = Occurrences()
    private let state = Mutex((present: 0, most: 0, fences: [Fence]()))

    init(
        clients count: Int = 1, through url: String? = nil, on server: RedisTestServer? = nil,
        _ change: (inout SluiceClient.Options) -> Void = { _ in }
    ) async throws {
        if let server {
            queues = try await TestNamespace(on: server, clock: .server)
        } else {
            queues = try await TestNamespace(clock: .server)
        }
        var options = SluiceClient.Options()
        options.namespace = queues.namespace
        change(&options)
        var clients: [SluiceClient] = []
        for _ in 0..<count { clients.append(try await SluiceClient(.url(url ?? queues.url), options: options)) }
        self.clients = clients
    }

    var client: SluiceClient { clients[0] }

    /// The most who were at work at a time.
    var most: Int { state.withLock { $0.most } }

    /// In the order in which work began.
    var fences: [Fence] { state.withLock { $0.fences } }

    /// Works with a permit, for as long as `body` takes.
    func work(
        _ semaphore: DistributedSemaphore, timeout: Duration? = nil, _ body: @escaping @Sendable () async throws -> Void = {}
    ) async throws {
        try await semaphore.withPermit(timeout: timeout) { [self] permit in
            state.withLock { state in
                state.present += 1
                state.most = max(state.most, state.present)
                state.fences.append(permit.fence)
            }
            entered.add()
            defer { state.withLock { $0.present -= 1 } }
            try await body()
        }
    }

    /// Holds a permit until `closing`, or until it is cancelled.
    func hold(_ semaphore: DistributedSemaphore) async throws {
        try await work(semaphore) { [closing] in
            await closing.wait()
            try Task.checkCancellation()
        }
    }

    /// Waits until so many wait at the semaphore `gpu`, as Redis sees it.
    func waiting(_ count: Int) async -> Bool { await holds("ZCARD", "queue", count) }

    /// Waits until so many permits of the semaphore `gpu` are held.
    func held(_ count: Int) async -> Bool { await holds("ZCARD", "permits", count) }

    private func holds(_ command: String, _ key: String, _ count: Int) async -> Bool {
        let key = "\(queues.namespace):{semaphore.gpu}:\(key)"
        return await queues.eventually(in: "none") { try await queues.command(command, key).root.integer == count }
    }

    /// What is left of the semaphore when nobody wants anything of it.
    func leftovers() async throws -> [String] {
        try await queues.dump().keys.filter { !$0.hasSuffix(":fence") && !$0.contains(":grants:") }.sorted()
    }
}

/// How something ends: the code or the type of the error, nil if it ends well.
func ending(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let error as SluiceError {
        return error.code.name
    } catch {
        return "\(type(of: error))"
    }
}
