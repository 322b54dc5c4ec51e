import Foundation
package import SluiceCore

/// An entry of a queue's `cron` hash: a schedule, and the job that it enqueues.
///
/// ```json
/// {"expression":"0 7 * * *","zone":"Europe/Berlin","job":{"kind":"digest","args":{}},"options":{"priority":2},
///  "catch_up":"latest","overlap":"skip","jitter_ms":30000,"start":1795334400000,"end":1795420800000,"limit":10}
/// ```
package struct CronEntry: Sendable, Hashable {
    package var expression: String
    package var zone: String
    /// The spec of its jobs, as JSON.
    package var job: [UInt8]
    /// Job options that differ from the defaults, as JSON; nil if there are none.
    package var options: String?
    package var catchUp: CatchUp
    package var overlap: Overlap
    /// Maximum random delay of a tick's job, in ms.
    package var jitter = 0
    /// The moment before which it has no tick, in ms since 1970.
    package var start: Int?
    /// The moment after which it has no tick, in ms since 1970.
    package var end: Int?
    /// Number of runs after which it is finished.
    package var limit: Int?

    package init(expression: String, zone: String, job: [UInt8], options: String?, catchUp: CatchUp, overlap: Overlap) {
        self.expression = expression
        self.zone = zone
        self.job = job
        self.options = options
        self.catchUp = catchUp
        self.overlap = overlap
    }

    /// The ticks of the entry.
    /// - Throws: `invalidArgument` for an expression or a zone that is not valid here.
    package func schedule() throws(SluiceError) -> CronSchedule {
        CronSchedule(
            try CronExpression(expression), in: try CronZone.named(zone), start: start.map { ($0 + 999) / 1000 },
            end: end.map { $0 / 1000 })
    }

    /// The first tick after `time`, in ms.
    package func next(after time: Int) throws(SluiceError) -> Int? {
        try schedule().next(after: time / 1000).map { $0 * 1000 }
    }

    /// The JSON text; equal entries give equal texts.
    package func encoded() -> [UInt8] {
        var members: [(String, JSONValue)] = [
            ("expression", .string(expression)), ("zone", .string(zone)), ("job", .text(job)),
        ]
        if let options { members.append(("options", .text(Array(options.utf8)))) }
        members += [("catch_up", .string(catchUp.description)), ("overlap", .string(overlap.rawValue))]
        if jitter > 0 { members.append(("jitter_ms", .integer(jitter))) }
        for (name, value) in [("start", start), ("end", end), ("limit", limit)] {
            if let value { members.append((name, .integer(value))) }
        }
        return JSONValue.object(members.map { JSONValue.Member(name: $0.0, value: $0.1) }).encoded()
    }

    /// Parses the text of an entry.
    /// - Throws: `invalidArgument` if it is not an entry.
    package init(decoding text: String) throws(SluiceError) {
        self.init(expression: "", zone: "", job: [], options: nil, catchUp: .latest, overlap: .allow)
        let bytes = Array(text.utf8)
        let read = bytes.withUnsafeBytes { buffer -> Result<CronEntry, JSONScanner.Malformed> in
            var entry = self
            do throws(JSONScanner.Malformed) {
                try entry.read(buffer)
                return .success(entry)
            } catch {
                return .failure(error)
            }
        }
        do throws(JSONScanner.Malformed) {
            self = try read.get()
        } catch {
            throw SluiceError(.invalidArgument, "an entry of cron is no JSON: \(error.reason)")
        }
        if job.isEmpty { throw SluiceError(.invalidArgument, "an entry of cron has no job") }
    }

    private mutating func read(_ text: UnsafeRawBufferPointer) throws(JSONScanner.Malformed) {
        var scanner = JSONScanner(text)
        try scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in
            switch name {
            case "expression": expression = try JSONText.string(value)
            case "zone": zone = try JSONText.string(value)
            case "job": job = Array(value)
            case "options": options = String(decoding: value, as: UTF8.self)
            case "catch_up": catchUp = (try? CatchUp(parsing: JSONText.string(value))) ?? .latest
            case "overlap": overlap = Overlap(rawValue: try JSONText.string(value)) ?? .allow
            case "jitter_ms": jitter = JSONText.integer(value) ?? 0
            case "start": start = JSONText.integer(value)
            case "end": end = JSONText.integer(value)
            case "limit": limit = JSONText.integer(value)
            default: break
            }
        }
    }
}
