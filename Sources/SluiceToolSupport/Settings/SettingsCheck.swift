/// Tries what a program reads when it starts, and tells all that is wrong.
package struct SettingsCheck {
    /// Whether something was wrong before, so that not all is well even if nothing else is.
    @TaskLocal static var isSilent = false

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
        if !Self.isSilent { try Terminal.output.line("ok") }
    }
}
