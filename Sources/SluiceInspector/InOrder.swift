package import SluiceCore

/// Work on many things at once, over one connection, whose results are taken in the order of the things, each as soon as it is there.
package enum InOrder {
    /// Calls under way. More would only wait longer for their replies, and some for too long.
    package static let width = 64

    /// Runs `body` for each element, for at most ``width`` at a time, and hands what comes of it to `take`.
    /// - Throws: the first error of either; what has not started then is left out.
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

    /// The same, all results together.
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
    /// What calls of the store threw, where the language has lost its type.
    init(any error: any Error) { self = error as? SluiceError ?? SluiceError(.server, String(describing: error)) }
}
