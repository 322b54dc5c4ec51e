package import UnixSignals

/// Ctrl-C, for work that can stop at a good moment and clean up, or tell how far it came.
package enum Interruption {
    /// What work came to, and whether a signal has cancelled it. What it throws then may be no more than that.
    package struct Outcome<Value: Sendable>: Sendable {
        package var result: Result<Value, any Error>
        package var isInterrupted: Bool
    }

    /// Does the work, and cancels it when a signal asks to stop. Returns when the work has ended, in either case.
    ///
    /// Signals count from before the work begins.
    package static func heeding<Value: Sendable>(
        _ signals: [UnixSignal] = StopSignals.all, _ work: @escaping @Sendable () async throws -> Value
    ) async -> Outcome<Value> {
        let asked = await UnixSignalsSequence(trapping: signals)
        return await withTaskGroup(of: Event<Value>.self) { group in
            group.addTask { await .ended(result(of: work)) }
            group.addTask {
                for await _ in asked { return .asked }
                return .ignored
            }
            var isInterrupted = false
            while let event = await group.next() {
                switch event {
                case .ended(let result):
                    group.cancelAll()
                    return Outcome(result: result, isInterrupted: isInterrupted)
                case .asked:
                    isInterrupted = true
                    group.cancelAll()
                case .ignored: break
                }
            }
            return Outcome(result: .failure(CancellationError()), isInterrupted: isInterrupted)
        }
    }

    private enum Event<Value: Sendable>: Sendable {
        case ended(Result<Value, any Error>)
        case asked
        /// Nobody listens any more.
        case ignored
    }

    private static func result<Value>(of work: () async throws -> Value) async -> Result<Value, any Error> {
        do {
            return .success(try await work())
        } catch {
            return .failure(error)
        }
    }
}
