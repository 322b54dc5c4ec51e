public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension Inspector {
    /// Returns the dependencies of a queue's jobs. It knows those of waiting and running jobs, and those that are off.
    /// - Throws: a server error if Redis cannot be used.
    public func dependencies(of queue: QueueName) async throws(SluiceError) -> [DependencyStatus] {
        try await store.call(Dependencies(), on: queue).map { DependencyStatus(queue, $0) }
    }

    /// Returns the dependencies of all queues' jobs, queue by queue.
    /// - Throws: a server error if Redis cannot be used.
    public func dependencies() async throws(SluiceError) -> [DependencyStatus] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.dependencies(of: queue) }.flatMap { $0 }
    }

    /// Returns the dependencies that are off everywhere, including queues that do not exist yet.
    /// - Throws: a server error if Redis cannot be used.
    public func dependenciesOff() async throws(SluiceError) -> Set<String> { Set(try await store.dependenciesOff()) }

    /// Switches a dependency on or off in one queue. While it is off, jobs that need it wait without using an attempt; running jobs
    /// go on.
    /// - Parameters:
    ///   - name: The dependency, as jobs name it.
    ///   - isOn: Whether it is switched on.
    ///   - queue: The queue.
    ///   - mayBeNew: Whether an unused queue is created. Otherwise a mistyped name creates none.
    /// - Throws: `invalidArgument` for an invalid name, and for an unused queue; a server error if Redis cannot be used.
    @discardableResult
    public func switchDependency(
        _ name: String, on isOn: Bool, in queue: QueueName, mayBeNew: Bool = false
    ) async throws(SluiceError) -> DependencySwitch {
        try DimensionName.check(name)
        return try await record(isOn ? .dependenciesOn : .dependenciesOff, on: name, in: queue) {
            (tally) async throws(SluiceError) in
            let isChanged = try await store.call(Switch(name, isOn: isOn, mayBeNew: mayBeNew), on: queue)
            tally.count(isChanged)
            try await store.register(queue)
            return DependencySwitch(name: name, isOn: isOn, isListed: false, queues: isChanged ? [queue] : [])
        }
    }

    /// Switches a dependency on or off in all queues, including queues that are first used later. The call can be repeated if it
    /// fails midway.
    /// - Throws: `invalidArgument` for an invalid name; a server error if Redis cannot be used.
    @discardableResult
    public func switchDependency(_ name: String, on isOn: Bool) async throws(SluiceError) -> DependencySwitch {
        try DimensionName.check(name)
        return try await record(isOn ? .dependenciesOn : .dependenciesOff, on: name) { (tally) async throws(SluiceError) in
            let done = try await switchEverywhere(name, on: isOn)
            tally.changed = done.isChanged ? max(done.queues.count, 1) : 0
            tally.skipped = done.isChanged ? 0 : 1
            return done
        }
    }

    private func switchEverywhere(_ name: String, on isOn: Bool) async throws(SluiceError) -> DependencySwitch {
        let wasOn = try await !store.dependenciesOff().contains(name)
        // The list comes first: a worker that boots meanwhile reads it.
        try await store.note(name, isOn: isOn)
        let queues = try await queues()
        let changes = try await each(of: queues) { queue throws(SluiceError) in
            // One that was listed and not yet used may have its first worker by now.
            try await self.store.call(Switch(name, isOn: isOn, mayBeNew: true), on: queue)
        }
        return DependencySwitch(
            name: name, isOn: isOn, isListed: wasOn != isOn, queues: zip(queues, changes).filter(\.1).map(\.0))
    }

    /// Returns the server's time.
    package func now() async throws(SluiceError) -> Date { Date(milliseconds: try await store.now()) }
}

extension DependencyStatus {
    fileprivate init(_ queue: QueueName, _ item: Dependencies.Item) {
        self.init(
            queue: queue, name: item.name, offSince: item.isOn ? nil : Date(milliseconds: item.offSince ?? 0),
            breaker: item.breaker ?? .closed, openUntil: item.openUntil.map(Date.init(milliseconds:)), running: item.running,
            lanesWaiting: item.lanes)
    }
}
