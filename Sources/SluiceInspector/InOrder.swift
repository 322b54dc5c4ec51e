package import SluiceCore

/// Runs work on many elements concurrently over one connection. Results arrive in the order of the elements, each as soon as it is
/// ready.
package enum InOrder {
    /// The most calls under way. More calls would only wait longer for their replies, and some could time out.
    package static let width = 64

    /// Runs `body` for each element, at most ``width`` at a time, and passes each result to `take`.
    /// - Throws: the first error of either; elements that have not started are skipped.
    package static func run<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Value,
        take: (Value) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var (started, taken) = (0, 0)
            var early: [Int: Value] = [:]
            while taken < elements.count {
                while started < min(elements.count, taken + width) {
                    let index = started
                    group.addTask { (index, try await body(elements[index])) }
                    started += 1
                }
                guard let (index, value) = try await group.next() else { return }
                early[index] = value
                while let value = early.removeValue(forKey: taken) {
                    taken += 1
                    try await take(value)
                }
            }
        }
    }

    /// Runs `body` for each element and returns all results.
    package static func map<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws(SluiceError) -> Value
    ) async throws(SluiceError) -> [Value] {
        var values: [Value] = []
        do {
            try await run(elements, body) { values.append($0) }
        } catch {
            throw SluiceError(any: error)
        }
        return values
    }
}

extension SluiceError {
    /// Restores the type of an error that a call of the store threw.
    init(any error: any Error) { self = error as? SluiceError ?? SluiceError(.server, String(describing: error)) }
}
