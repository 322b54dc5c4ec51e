import HTTPTypes
import SluiceCore
import SluiceInspector

extension JobChange {
    /// Reads the change that a form names.
    /// - Throws: ``WebError`` for any other name.
    init(form: Form) throws {
        switch form["change"] {
        case "retry": self = .retry
        case "cancel": self = .cancel
        case "delete": self = .delete
        default: throw WebError(.badRequest, "There is no such change", "Jobs can be retried, cancelled and deleted.")
        }
    }

    var title: String {
        switch self {
        case .retry: "Retry"
        case .cancel: "Cancel"
        case .delete: "Delete"
        case .reschedule: "Reschedule"
        }
    }

    /// What the change does, in a sentence or two.
    var meaning: String {
        switch self {
        case .retry: "The jobs become ready now. Jobs that have ended start again with all their attempts."
        case .cancel: "Waiting jobs end at once. Running jobs are asked to stop."
        case .delete:
            "The jobs and all their data are removed. This cannot be undone. Running jobs are asked to stop, but not removed."
        case .reschedule: "The jobs become ready at another time."
        }
    }
}

extension ChangeOutcome.Result {
    /// The outcome in words.
    var sentence: String {
        switch self {
        case .now(let state): "It is \(state.rawValue) now."
        case .cancelling: "It is executing. Its worker was asked to stop."
        case .deleted: "It was deleted."
        case .refused(let state): "It was not changed: it is \(state.rawValue)."
        case .taken(let owner): "It was not changed: the equal job \(owner) has not ended."
        case .missing: "There is no such job any more."
        }
    }
}
