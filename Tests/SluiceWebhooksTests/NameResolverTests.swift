import Dispatch
import Foundation
import NIOCore
import SluiceCore
import Synchronization
import Testing

@testable import SluiceWebhooks

/// Looking names up, when whoever is asked takes long or knows nothing.
@Suite(.timeLimit(.minutes(5)))
struct NameResolverTests {
    /// Answers names that begin with `slow` only when it is told to, and knows none that begin with `no`.
    private final class Directory: Sendable {
        private struct State {
            var asked: [String] = []
            var running = 0
            var most = 0
        }

        private let state = Mutex(State())
        /// Slow names wait here; each lets the next one through.
        private let gate = DispatchSemaphore(value: 0)
        /// The names, as they are asked for.
        let (lookups, lookup) = AsyncStream.makeStream(of: String.self)

        var asked: [String] { state.withLock(\.asked) }
        var most: Int { state.withLock(\.most) }
        func open() { gate.signal() }

        func lookUp(_ name: String) throws(NameResolver.Failure) -> [IPAddress] {
            state.withLock { state in
                state.asked.append(name)
                state.running += 1
                state.most = max(state.most, state.running)
            }
            lookup.yield(name)
            defer { state.withLock { $0.running -= 1 } }
            if name.hasPrefix("slow") {
                gate.wait()
                gate.signal()
            }
            if name.hasPrefix("no") { throw NameResolver.Failure(description: "'\(name)' is not known") }
            return [IPAddress(bytes: [127, 0, 0, 1])]
        }
    }

    private static let answer = [IPAddress(bytes: [127, 0, 0, 1])]

    private func target(_ host: String) throws -> WebhookTarget { try WebhookTarget("http://\(host)/") }

    private func failure(_ resolver: NameResolver, _ host: String, within limit: TimeAmount) async throws -> String? {
        do {
            _ = try await resolver.addresses(of: try target(host), by: .now() + limit)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func aNameThatTakesLongHoldsUpNoOther() async throws {
        let directory = Directory()
        let resolver = NameResolver { name throws(NameResolver.Failure) in try directory.lookUp(name) }
        async let slow = resolver.addresses(of: try target("slow.test"))
        #expect(try await resolver.addresses(of: try target("quick.test")) == Self.answer)
        directory.open()
        #expect(try await slow == Self.answer)
        resolver.close()
    }

    @Test func whoWaitsDoesSoUntilTheDeadlineAndTheFailureIsRemembered() async throws {
        let directory = Directory()
        let resolver = NameResolver { name throws(NameResolver.Failure) in try directory.lookUp(name) }
        let late = "the name 'slow.test' was not found in time"
        // Its thread may take longer to start than the wait of the next one.
        async let patient = resolver.addresses(of: try target("slow.test"))
        for await name in directory.lookups where name == "slow.test" { break }
        #expect(try await failure(resolver, "slow.test", within: .milliseconds(20)) == late)
        // At once, though this one would wait, and without asking again.
        #expect(try await failure(resolver, "slow.test", within: .hours(1)) == late)
        for _ in 0..<3 { #expect(try await failure(resolver, "no.test", within: .hours(1)) == "'no.test' is not known") }
        #expect(directory.asked == ["slow.test", "no.test"])
        directory.open()
        #expect(try await patient == Self.answer)
        resolver.close()
    }

    /// No failure is remembered here, so each wait has to end by itself.
    @Test func aDeadlineThatIsOverEndsTheWaitAtOnce() async throws {
        let directory = Directory()
        let resolver = NameResolver(memoryOfFailure: .zero) { name throws(NameResolver.Failure) in try directory.lookUp(name) }
        for _ in 0..<500 {
            let failed = try await failure(resolver, "slow.test", within: .seconds(-1))
            #expect(failed == "the name 'slow.test' was not found in time")
        }
        directory.open()
        resolver.close()
    }

    @Test func aNameIsAskedForOnceAtATimeHoweverItIsWritten() async throws {
        let directory = Directory()
        let resolver = NameResolver { name throws(NameResolver.Failure) in try directory.lookUp(name) }
        try await withThrowingTaskGroup(of: [IPAddress].self) { group in
            for host in ["slow.test", "SLOW.test", "slow.test.", "sl%6Fw.test"] {
                for _ in 0..<10 {
                    let target = try target(host)
                    group.addTask { try await resolver.addresses(of: target) }
                }
            }
            directory.open()
            for try await addresses in group { #expect(addresses == Self.answer) }
        }
        #expect(directory.asked == ["slow.test"])
        resolver.close()
    }

    @Test func threadsAreBoundedAndWhatNobodyWaitsForIsNotAskedFor() async throws {
        let directory = Directory()
        let resolver = NameResolver { name throws(NameResolver.Failure) in try directory.lookUp(name) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                let target = try target("slow\(number).test")
                group.addTask { _ = try? await resolver.addresses(of: target, by: .now() + .milliseconds(200)) }
            }
            try await group.waitForAll()
        }
        directory.open()
        #expect(try await resolver.addresses(of: try target("quick.test")) == Self.answer)
        #expect(directory.most <= 32, "\(directory.most)")
        #expect(directory.asked.count <= 33, "\(directory.asked.count)")
        resolver.close()
    }

    /// Lets a name be looked up only as often as it is told to, except for names that begin with `quick`.
    private final class Gates: Sendable {
        private struct State {
            var gates: [String: DispatchSemaphore] = [:]
            var running: Set<String> = []
            var most = 0
        }

        private let state = Mutex(State())

        var running: Set<String> { state.withLock(\.running) }
        var most: Int { state.withLock(\.most) }

        func open(_ name: String) { gate(name).signal() }

        private func gate(_ name: String) -> DispatchSemaphore {
            state.withLock { state in
                let gate = state.gates[name] ?? DispatchSemaphore(value: 0)
                state.gates[name] = gate
                return gate
            }
        }

        func lookUp(_ name: String) -> [IPAddress] {
            if name.hasPrefix("quick") { return NameResolverTests.answer }
            state.withLock { state in
                state.running.insert(name)
                state.most = max(state.most, state.running.count)
            }
            gate(name).wait()
            state.withLock { _ = $0.running.remove(name) }
            return NameResolverTests.answer
        }
    }

    @Test func namesThatWereSlowLeaveMostThreadsToOthers() async throws {
        let gates = Gates()
        let resolver = NameResolver(memoryOfFailure: .zero) { name throws(NameResolver.Failure) in gates.lookUp(name) }
        let names = (0..<40).map { "slow\($0).test" }
        for name in names {
            // Whoever gives up on a name that is being asked for finds that it is slow.
            while !gates.running.contains(name) { _ = try await failure(resolver, name, within: .milliseconds(5)) }
            #expect(try await failure(resolver, name, within: .milliseconds(5)) != nil)
            gates.open(name)
            while gates.running.contains(name) || resolver.isAsking { await Task.yield() }
            resolver.forget()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                let target = try target(name)
                group.addTask { _ = try await resolver.addresses(of: target) }
            }
            while gates.running.count < NameResolver.slowThreads { await Task.yield() }
            for number in 0..<100 {
                #expect(try await failure(resolver, "quick\(number).test", within: .seconds(30)) == nil)
            }
            #expect(gates.running.count == NameResolver.slowThreads && gates.most == NameResolver.slowThreads)
            for name in names { gates.open(name) }
            try await group.waitForAll()
        }
        resolver.close()
    }

    @Test func aFailureOfThisProcessIsNotRemembered() async throws {
        let tries = Mutex(0)
        let resolver = NameResolver { name throws(NameResolver.Failure) in
            let number = tries.withLock { tries in
                tries += 1
                return tries
            }
            if number == 1 { throw NameResolver.Failure(description: "no descriptors", isOwn: true) }
            return Self.answer
        }
        #expect(try await failure(resolver, "a.test", within: .hours(1)) == "no descriptors")
        #expect(try await failure(resolver, "a.test", within: .hours(1)) == nil)
        resolver.close()
    }

    @Test func aTaskThatIsCancelledDoesNotWait() async throws {
        let directory = Directory()
        let resolver = NameResolver { name throws(NameResolver.Failure) in try directory.lookUp(name) }
        let slow = try target("slow.test")
        let task = Task { try await resolver.addresses(of: slow) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        directory.open()
        resolver.close()
    }
}
