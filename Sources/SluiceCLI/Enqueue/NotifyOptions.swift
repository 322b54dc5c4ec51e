import ArgumentParser
import SluiceCore

/// The options for a job's web hook.
struct NotifyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Send the job's end to this web hook, an http or https URL; `sluice-webhooks` delivers it.", valueName: "url"))
    private var notify: String?

    @Option(
        help: ArgumentHelp(
            "The events to send, joined by commas: progress, ended, failed. (default: ended)", valueName: "events"),
        transform: { try events($0) })
    private var notifyOn: Set<Notify.Event>?

    func validate() throws {
        if notify == nil, notifyOn != nil { throw ValidationError("--notify-on goes with --notify") }
        do throws(SluiceError) {
            try hook?.check()
        } catch {
            throw ValidationError("--notify: \(error.message)")
        }
    }

    private static func events(_ text: String) throws(SluiceError) -> Set<Notify.Event> {
        var events: Set<Notify.Event> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let event = Notify.Event(rawValue: String(word)) else {
                throw SluiceError(
                    .invalidArgument, "'\(word)' is none of \(Notify.Event.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            events.insert(event)
        }
        return events
    }

    /// The web hook; nil for a job without one.
    var hook: Notify? { notify.map { Notify($0, on: notifyOn ?? [.ended]) } }
}
