package import UnixSignals

/// Handles Ctrl-C for work that can stop at a good moment and clean up, or report how far it came.
package enum Interruption {
    /// The result of the work, and whether a signal has cancelled it. An error after a cancellation may be no more than its
    /// effect.
    package struct Outcome<Value: Sendable>: Sendable {
        package var result: Result<Value, any Error>
        package var isInterrupted: Bool
    }

    /// Runs the work, and cancels it when a signal asks to stop. In either case it returns when the work has ended.
    ///
    /// Signals count from before the start of the work.
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
        /// Signals are no longer awaited.
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
