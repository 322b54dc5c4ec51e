import ArgumentParser
import SluiceCore
import SluiceToolSupport

/// The state of an object that is kept for a while after its end and listed by state.
protocol ListedState: RawRepresentable<String>, CaseIterable, Sendable {
    /// The noun for such objects: `batch`.
    static var noun: String { get }
}

extension BatchStatus.State: ListedState {
    static let noun = "batch"
}

extension WorkflowStatus.State: ListedState {
    static let noun = "workflow"
}

/// The options that select the listed objects.
struct ListingOptions<State: ListedState>: ParsableArguments {
    @Option(
        help: "Only this state: \(State.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .list(State.allCases.map(\.rawValue)),
        transform: { text in
            guard let state = State(rawValue: text) else {
                throw ValidationError("'\(text)' is no state of a \(State.noun)")
            }
            return state
        })
    var state: State?

    @Option(help: "The number of entries to list at most.")
    var limit = 50

    func validate() throws {
        if !(1...10_000).contains(limit) { throw ValidationError("--limit is 1 to 10000") }
    }
}

extension GlobalOptions {
    /// Prints the objects as JSON or as a table. For people, an empty list is reported in words on standard error.
    func show<Item>(
        _ found: [Item], orSay nothing: String, json: (Item) -> JSONValue, table: ([Item]) -> Table
    ) throws {
        let terminal = Terminal.output
        if self.json {
            try terminal.json(.array(found.map(json)))
        } else if found.isEmpty {
            Terminal.complain(nothing)
        } else {
            try terminal.lines(table(found).lines(width: terminal.width, style: terminal.style))
        }
    }
}
