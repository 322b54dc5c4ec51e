import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats transitions for people.
enum TransitionText {
    /// `08:30:00.123Z  mail  available → executing  01J…  on host.7.x`. Cut to the width of a terminal; programs get all ids.
    static func line(_ transition: Transition, width: Int? = nil, style: Style = .plain) -> String {
        let time = transition.at.rfc3339.dropFirst(11)
        let names = [name(transition.from, "new"), name(transition.to, "deleted")]
        let arrow = "\(names[0]) → \(names[1])"
        let padding = String(repeating: " ", count: max(23 - arrow.count, 0))
        var rest = transition.ids.map(\.text).joined(separator: " ")
        if transition.ids.count > 1 { rest = "\(HumanText.count(transition.ids.count, "job")): \(rest)" }
        if let worker = transition.worker { rest = "on \(worker)  " + rest }
        let head = "\(time)  \(transition.queue)  "
        if let width { rest = HumanText.cut(rest, to: max(width - head.count - arrow.count - padding.count - 2, 8)) }
        let painted = "\(names[0]) → \(transition.to.map(style.paint) ?? names[1])"
        return "\(style.paint(String(time), .dim))  \(transition.queue)  \(painted)\(padding)  \(HumanText.visible(rest))"
    }

    private static func name(_ state: JobState?, _ otherwise: String) -> String { state?.rawValue ?? otherwise }
}
