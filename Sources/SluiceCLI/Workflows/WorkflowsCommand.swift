import ArgumentParser
import Sluice
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct WorkflowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflows", abstract: "List workflows, show one, cancel or retry one or a branch of it.",
        subcommands: [
            WorkflowsListCommand.self, WorkflowsShowCommand.self, WorkflowsCancelCommand.self, WorkflowsRetryCommand.self,
        ],
        defaultSubcommand: WorkflowsListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct WorkflowsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the workflows that are kept, the newest first.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var listing: ListingOptions<WorkflowStatus.State>

    func run() async throws {
        try await global.withInspector { inspector in
            try global.show(
                try await inspector.workflows(state: listing.state, limit: listing.limit), orSay: "there are no workflows",
                json: \.json, table: WorkflowText.table)
        }
    }
}

struct WorkflowsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a workflow and its nodes. Exit status 1 if there is none.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The id of the workflow.")
    var id: String

    @Flag(help: "Print the graph for Mermaid.")
    var mermaid = false

    @Flag(help: "Print the graph for Graphviz.")
    var dot = false

    @Option(help: "The number of nodes to show at most.")
    var limit = 1000

    func validate() throws {
        if mermaid && dot { throw ValidationError("choose --mermaid or --dot") }
        if limit < 1 { throw ValidationError("--limit is 1 or more") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            guard let details = try await inspector.workflow(WorkflowID(known: id), nodes: limit, edges: 4 * limit) else {
                throw SluiceError.unknownWorkflow(id)
            }
            let graph = details.graph
            if mermaid || dot {
                try Terminal.output.lines((mermaid ? graph.mermaid : graph.dot).split(separator: "\n").map(String.init))
            } else if global.json {
                try Terminal.output.json(details.json)
            } else {
                try Terminal.output.lines(WorkflowText.card(details, style: Terminal.output.style))
            }
            if graph.isCut { Terminal.complain("there are more nodes or edges than these: raise --limit") }
        }
    }
}

struct WorkflowsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a workflow, or a branch of it. Running jobs are asked to stop.")

    @OptionGroup var selection: WorkflowSelection

    func run() async throws {
        try await selection.change(.workflowsCancel) { (workflow, node) throws(SluiceError) in try await workflow.cancel(node) }
    }
}

struct WorkflowsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run failed and cancelled nodes again, and the nodes cancelled because of them.")

    @OptionGroup var selection: WorkflowSelection

    func run() async throws {
        try await selection.change(.workflowsRetry) { (workflow, node) throws(SluiceError) in try await workflow.retry(node) }
    }
}

/// A workflow, or a branch of it.
struct WorkflowSelection: ParsableArguments {
    @OptionGroup var global: GlobalOptions

    @Argument(help: "The workflow's id.")
    var id: String

    @Argument(help: "Only this node, and nodes whose names begin with its name and a dot. Default: all.")
    var node: String?

    func change(
        _ verb: Action.Verb, _ body: (WorkflowHandle, Workflow.Node?) async throws(SluiceError) -> Void
    ) async throws {
        try await global.withClient { client in
            let workflow = client.workflow(WorkflowID(known: id))
            let target = [id, node].compactMap { $0 }.joined(separator: " ")
            try await global.inspector(client.store).record(verb, on: target) { (tally) async throws(SluiceError) in
                try await body(workflow, node.map { Workflow.Node($0) })
                tally.count(true)
            }
            let status = try await workflow.status()
            if global.json {
                try Terminal.output.json(status.json)
            } else {
                try Terminal.output.line("\(status.id): \(WorkflowText.line(status))")
            }
        }
    }
}
