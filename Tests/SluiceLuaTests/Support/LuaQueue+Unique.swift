import SluiceCore
import SluiceStore

extension LuaQueue {
    /// Puts a unique job in, as people do; `more` are further members of `unique`, `options` of its options.
    @discardableResult func unique(
        _ id: String, _ key: String, _ more: String = "", args: String = "1", options: String = ""
    ) async throws -> String {
        let unique = #""unique":{"key":"\#(key)"\#(more.isEmpty ? "" : "," + more)}"#
        let all = "{" + unique + (options.isEmpty ? "" : "," + options) + "}"
        return try await fcall(["sluice_enqueue", id, #"{"kind":"k","args":\#(args)}"#, all])
    }

    /// The arguments of a job as they are now.
    func arguments(_ id: String) async throws -> String? {
        guard let spec = try await redis("HGET", "spec", id), let at = spec.firstRange(of: #""args":"#) else { return nil }
        return String(spec[at.upperBound...].dropLast())
    }
}

extension NewJob {
    static func unique(
        _ id: String, _ key: String, _ span: Unique.Span = .whileLive, _ conflict: Unique.Conflict = .keepExisting,
        args: String = "1"
    ) -> NewJob {
        var job = NewJob(id: JobID(known: id), spec: Array(#"{"kind":"k","args":\#(args)}"#.utf8))
        job.unique = UniqueClaim(key, span: span, onConflict: conflict)
        return job
    }
}
