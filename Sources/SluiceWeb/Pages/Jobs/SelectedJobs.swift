import HTTPTypes
import SluiceCore
import SluiceInspector

/// The change of jobs that a user has chosen one by one: a page that asks, and a page with the outcome of each.
enum SelectedJobs {
    static let routes: [Route] = [
        .form("jobs/selected") { try await ask($0) }, .form("jobs/selected/change") { try await change($0) },
    ]

    private struct Chosen {
        var queue: QueueName
        var id: JobID
        var text: String { "\(queue)/\(id)" }
    }

    private static func ask(_ request: WebRequest) async throws -> Page {
        let (change, jobs) = (try JobChange(form: request.form), try chosen(request.form))
        let list = jobs.prefix(20).map { "<li><code>\($0.text)</code></li>\n" as HTML }
        let rest: HTML? = jobs.count > 20 ? "<p>and \(HumanText.number(jobs.count - 20)) more</p>" : nil
        let content: HTML = """
            <h1>\(change.title) \(HumanText.count(jobs.count, "job"))?</h1>
            <p>\(change.meaning)</p>
            <ul>\(list)</ul>\(rest)
            <form method="post" action="\(request.links.to("jobs", "selected", "change"))">
            \(Parts.hidden([("change", change.name)] + jobs.map { ("job", $0.text) }))
            <label for="reason">Reason</label><input id="reason" name="reason" maxlength="500" size="40">
            <div class="actions"><button class="\(change == .delete ? "danger" : "first")">\(change.title) \(HumanText.count(jobs.count, "job"))</button>
            \(Parts.link(request.links.to("jobs"), "Back to the list"))</div>
            </form>
            """
        return Page(title: "\(change.title) jobs", section: .jobs, content: content)
    }

    private static func change(_ request: WebRequest) async throws -> Page {
        let (change, jobs) = (try JobChange(form: request.form), try chosen(request.form))
        var outcomes: [(job: Chosen, result: ChangeOutcome.Result)] = []
        for queue in Set(jobs.map(\.queue)).sorted() {
            let ids = jobs.filter { $0.queue == queue }.map(\.id)
            let results = try await request.change { inspector throws(SluiceError) in
                try await inspector.change(change, ids: ids, in: queue)
            }
            outcomes += results.map { (Chosen(queue: queue, id: $0.id), $0.result) }
        }
        var table = Table("Outcomes", [.init("Job"), .init("Outcome")])
        table.rows = outcomes.map { job, result in
            [Parts.link(request.links.job(job.id, in: job.queue), job.text), "\(result.sentence)"]
        }
        let content: HTML = """
            <h1>\(change.title): \(HumanText.count(outcomes.count, "job"))</h1>
            \(table.html)
            <p class="more">\(Parts.link(request.links.to("jobs"), "All jobs"))</p>
            """
        return Page(title: "\(change.title) jobs", section: .jobs, content: content)
    }

    private static func chosen(_ form: Form) throws -> [Chosen] {
        let jobs = try form.all("job").uniqued.map { text -> Chosen in
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            do throws(SluiceError) {
                guard parts.count == 2 else { throw SluiceError(.invalidArgument, "a job is written queue/id") }
                return Chosen(queue: try QueueName(parts[0]), id: try JobID(parts[1]))
            } catch {
                throw WebError(.badRequest, "This is not a job", error.message)
            }
        }
        guard !jobs.isEmpty else { throw WebError(.badRequest, "No job was chosen", "Go back and choose at least one job.") }
        guard jobs.count <= 1000 else { throw WebError(.badRequest, "Too many jobs at once", "At most 1,000 can be chosen.") }
        return jobs
    }
}
