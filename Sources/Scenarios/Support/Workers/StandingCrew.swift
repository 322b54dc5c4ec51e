/// Worker processes of which one that dies is replaced, under the same host name.
package actor StandingCrew {
    private let arguments: [String]
    private var workers: [WorkerProcess] = []
    private var watches: [Task<Void, Never>] = []
    private var isOpen = true
    /// Processes that died before their time, and when that was noticed, in µs since 1970.
    package private(set) var dead: [Int32: Int] = [:]

    /// - Parameter arguments: of the hidden command, for all.
    package init(_ arguments: [String]) { self.arguments = arguments }

    package var processes: Set<Int32> { Set(workers.map(\.pid)) }

    package func hire(_ host: String) async throws {
        let worker = try await WorkerProcess(host: host, arguments: arguments)
        guard isOpen else { return await worker.killAndWait() }
        workers.append(worker)
        watches.append(
            Task { [weak self] in
                await worker.ended()
                await self?.lost(worker)
            })
    }

    private func lost(_ worker: WorkerProcess) async {
        workers.removeAll { $0.pid == worker.pid }
        guard isOpen else { return }
        dead[worker.pid] = RunLine.now()
        try? await hire(worker.host)
    }

    /// SIGKILL to one of them.
    package func killOne() { workers.first?.signal(9) }

    /// Asks all to stop. Returns how many did not end in order.
    package func dismiss() async -> Int {
        isOpen = false
        let left = workers
        return await withTaskGroup(of: Bool.self) { group in
            for worker in left { group.addTask { await worker.stop() } }
            var disorderly = 0
            for await isInOrder in group where !isInOrder { disorderly += 1 }
            return disorderly
        }
    }

    /// Ends all at once.
    package func end() async {
        isOpen = false
        for worker in workers { await worker.killAndWait() }
        for watch in watches { await watch.value }
        watches = []
    }
}
