import Hiredis
package import SluiceCore

extension Store {
    /// Calls a function on the record of a workflow.
    package func call<Function: StoreFunction>(
        _ function: Function, workflow: String
    ) async throws(SluiceError) -> Function.Reply {
        try await call(function, key: keys.workflow(workflow))
    }

    /// Calls a function on the index of all workflows.
    package func call(_ function: WorkflowIndex) async throws(SluiceError) -> WorkflowIndex.Reply {
        try await call(function, key: keys.workflows)
    }

    /// A page of the workflows that are kept, newest first, and the cursor of the next one.
    package func workflows(after cursor: String?, most: Int) async throws(SluiceError) -> (next: String?, ids: [String]) {
        try await call(WorkflowList(after: cursor, most: most), key: keys.workflows)
    }

    /// The states of workflows, by position, at most 1,000; empty for those that are not there.
    package func states(ofWorkflows ids: [String]) async throws(SluiceError) -> [[String: String]] {
        ids.isEmpty ? [] : try await call(ReadWorkflows(), each: ids.map(keys.workflow))
    }

    /// The words of a command that reports to a workflow that a node's job is gone, for people to send.
    package func tellDeleted(_ job: JobID, of node: String, workflow: String) -> [String] {
        ["FCALL", "sluice1_workflow_step", "1", keys.workflow(workflow), "done", node, job.text, "deleted", ""]
    }

    /// Ids of workflows whose maintenance was due before `moment`, in ms since 1970, and is not done.
    package func overdueWorkflows(before moment: Int, most: Int) async throws(SluiceError) -> [String] {
        let range = ["ZRANGE", keys.workflows + ":all", "-inf", "(\(moment)", "BYSCORE", "LIMIT", "0", "\(most)"]
        let found = try await send(RedisCommand(range), key: keys.workflows).root.elements
        return found.compactMap(\.string).filter { $0 != WorkflowIndex.outboxes }
    }

    /// Ids of workflows, those due for maintenance last come first; about `most` of them.
    package func workflows(most: Int) async throws(SluiceError) -> [String] {
        var ids: [String] = []
        for rank in stride(from: 0, to: .max, by: 1000) {
            let range = ["ZREVRANGE", keys.workflows + ":all", "\(rank)", "\(rank + 999)"]
            let page = try await send(RedisCommand(range), key: keys.workflows).root.elements.compactMap(\.string)
            // The index also holds batches that are being sealed, and outboxes.
            ids += page.filter { !$0.hasPrefix(BatchBook.prefix) && $0 != WorkflowIndex.outboxes }
            if page.count < 1000 || ids.count >= most { break }
        }
        return ids
    }
}
