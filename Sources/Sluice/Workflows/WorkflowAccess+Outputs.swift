package import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What programs read of a workflow: its state, what its nodes share, and their outputs.
extension WorkflowAccess {
    /// - Throws: `unknownWorkflow`.
    func status(of workflow: WorkflowID) async throws(SluiceError) -> WorkflowStatus {
        let values = try await store.call(ReadWorkflow(), workflow: workflow.validated().text)
        guard let status = WorkflowStatus(workflow, values) else { throw SluiceError.unknownWorkflow(workflow.text) }
        return status
    }

    /// The value that all nodes share.
    /// - Throws: `noOutput` if nothing was shared; `invalidArgument` if it is of another type; `unknownWorkflow`.
    package func shared<Value: Decodable>(by workflow: WorkflowID) async throws(SluiceError) -> Value {
        let context = try await store.call(ReadOutputs([]), workflow: workflow.validated().text).context
        if context.isEmpty {
            _ = try await status(of: workflow)
            throw SluiceError(
                .noOutput, "workflow '\(workflow)' shares nothing: call share(_:) on it before it is enqueued")
        }
        return try Self.decode(Array(context.utf8), "the value that workflow '\(workflow)' shares")
    }

    /// The output of a node.
    /// - Parameter mustBeSealed: Whether the kind of the node is known to be encrypted.
    /// - Throws: `unknownWorkflow`; `invalidArgument` if there is no such node or its output is of another type; `noOutput`, with
    ///   the reason, if the node has none; `undecryptable`.
    package func output<Output: Decodable>(
        of node: Workflow.Node, in workflow: WorkflowID, mustBeSealed: Bool = false
    ) async throws(SluiceError) -> Output {
        let found = try await store.call(ReadOutputs([node.name]), workflow: workflow.validated().text).nodes[0]
        if found.state.isEmpty {
            _ = try await status(of: workflow)
            throw SluiceError(.invalidArgument, "workflow '\(workflow)' has no node '\(node)'")
        }
        return try await decode(found, of: node, in: workflow, mustBeSealed)
    }

    /// The outputs of the nodes `name-0`, `name-1` and so on, up to the first that is not there.
    /// - Throws: `noOutput` for a node that has none, unless such nodes are skipped; else as the output of one node.
    package func outputs<Output: Decodable>(
        ofEach name: String, in workflow: WorkflowID, mustBeSealed: Bool = false, skipsMissing: Bool = false
    ) async throws(SluiceError) -> [Output] {
        var outputs: [Output] = []
        let id = try workflow.validated().text
        for first in stride(from: 0, to: .max, by: Self.page) {
            let nodes = (first..<first + Self.page).map { Workflow.Node("\(name)-\($0)") }
            let page = try await store.call(ReadOutputs(nodes.map(\.name)), workflow: id).nodes
            for (node, found) in zip(nodes, page) {
                if found.state.isEmpty {
                    if node == nodes[0], first == 0 { _ = try await status(of: workflow) }
                    return outputs
                }
                if skipsMissing, found.output.isEmpty { continue }
                outputs.append(try await decode(found, of: node, in: workflow, mustBeSealed))
            }
        }
        return outputs
    }

    /// Nodes whose outputs one call reads. Each may have a megabyte.
    private static let page = 32

    private func decode<Output: Decodable>(
        _ found: (state: String, output: String), of node: Workflow.Node, in workflow: WorkflowID, _ mustBeSealed: Bool
    ) async throws(SluiceError) -> Output {
        let what = "the output of node '\(node)' of workflow '\(workflow)'"
        if found.output.isEmpty {
            let why = found.state == "completed" ? "its handler returns none" : "it is \(found.state)"
            throw SluiceError(.noOutput, "node '\(node)' of workflow '\(workflow)' has no output: \(why)")
        }
        let output = Array(found.output.utf8)
        var mustBeSealed = mustBeSealed
        if !mustBeSealed, !encryptedKinds.isEmpty, SealedText(output) == nil {
            let kinds = try await store.call(ReadNodeKinds([node.name]), workflow: workflow.text)
            mustBeSealed = encryptedKinds.contains(kinds[0])
        }
        let plain = try payload.opened(
            output, as: .output(JobID(known: "\(workflow):\(node)")), mustBeSealed: mustBeSealed, what)
        return try Self.decode(plain, what)
    }

    private static func decode<Value: Decodable>(_ text: [UInt8], _ what: String) throws(SluiceError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text))
        } catch {
            throw SluiceError(.invalidArgument, "\(what) is no \(Value.self): \(error)")
        }
    }
}
