/// Tries what a program reads when it starts, and tells all that is wrong.
package struct SettingsCheck {
    private var errors: [any Error] = []

    package init() {}

    /// Tries a part, and goes on if it fails.
    package mutating func read(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            errors.append(error)
        }
    }

    /// Tries a part that takes a while, and goes on if it fails.
    package mutating func reach(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            errors.append(error)
        }
    }

    /// Says that all is well.
    /// - Throws: ``Findings`` if it is not.
    package func finish() throws {
        guard errors.isEmpty else { throw Findings(errors: errors) }
        try Terminal.output.line("ok")
    }
}
