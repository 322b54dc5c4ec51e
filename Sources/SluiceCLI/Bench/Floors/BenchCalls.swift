import SluiceCore
import SluiceStore

/// Calls of one client, a number of them in flight at the same time.
struct BenchCalls {
    let stretch: Stretch
    /// Durations of calls in ms; nil if there was none.
    let spread: BenchSpread?

    /// Makes calls until each of `inFlight` tasks has made its share. A task makes its next call after the answer to its last one.
    static func measure(
        _ count: Int, inFlight: Int = 1, on store: Store, _ call: @escaping @Sendable (_ number: Int) async throws -> Void
    ) async throws -> BenchCalls {
        let each = max(count / inFlight, 1)
        var durations: [Double] = []
        let stretch = try await Stretch.measure(ServerMeter(store: store), count: each * inFlight) {
            try await withThrowingTaskGroup(of: [Double].self) { group in
                for task in 0..<inFlight {
                    group.addTask { try await inTurn(task * each..<(task + 1) * each, call) }
                }
                for try await some in group { durations += some }
            }
        }
        return BenchCalls(stretch: stretch, spread: BenchSpread(durations))
    }

    private static func inTurn(
        _ numbers: Range<Int>, _ call: @Sendable (_ number: Int) async throws -> Void
    ) async throws -> [Double] {
        var durations: [Double] = []
        durations.reserveCapacity(numbers.count)
        for number in numbers {
            let start = ContinuousClock.now
            try await call(number)
            durations.append((ContinuousClock.now - start).seconds * 1000)
        }
        return durations
    }
}
