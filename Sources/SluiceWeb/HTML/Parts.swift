import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The small parts that all pages are made of.
enum Parts {
    /// A number with separators. Zero is faint, so that a table shows where something is.
    static func number(_ number: Int) -> HTML {
        number == 0 ? "<span class=\"zero\">0</span>" : "\(HumanText.number(number))"
    }

    /// A time as a distance from now. The absolute time is beside it, in the title.
    static func time(_ moment: Date?, at now: Date) -> HTML {
        guard let moment else { return "<span class=\"zero\">–</span>" }
        return "<time datetime=\"\(moment.rfc3339)\" title=\"\(moment.rfc3339)\">\(HumanText.age(moment, at: now))</time>"
    }

    /// An absolute time in UTC.
    static func clock(_ moment: Date) -> HTML {
        let text = moment.rfc3339
        return "<time datetime=\"\(text)\" title=\"\(text)\">\(text.prefix(19).replacing("T", with: " ")) UTC</time>"
    }

    static func duration(_ duration: Duration?) -> HTML {
        guard let duration else { return "<span class=\"zero\">–</span>" }
        return "\(HumanText.duration(duration))"
    }

    /// Text that a job brought, cut to a length. All of it is in the title.
    static func clipped(_ text: String, to length: Int = 160) -> HTML {
        if text.count <= length { return "\(text)" }
        return "<span title=\"\(String(text.prefix(2000)))\">\(HumanText.cut(text, to: length))</span>"
    }

    static func link(_ address: String, _ text: String) -> HTML { "<a href=\"\(address)\">\(text)</a>" }

    static func link(_ address: String, _ content: HTML) -> HTML { "<a href=\"\(address)\">\(content)</a>" }

    /// A state as a mark of its own shape, and as a word.
    static func state(_ state: JobState) -> HTML {
        "<span class=\"state \(tone(state).rawValue)\">\(mark(state))\(state.rawValue)</span>"
    }

    enum Tone: String, Sendable {
        case good, look, wrong, runs, quiet
    }

    static func tone(_ state: JobState) -> Tone {
        switch state {
        case .executing: .runs
        case .completed: .good
        case .discarded: .wrong
        case .retryable: .look
        case .suspended, .scheduled, .available, .cancelled: .quiet
        }
    }

    /// The shapes differ, so that they can be told apart without colour.
    static func mark(_ state: JobState) -> HTML {
        switch state {
        case .available: Marks.ring
        case .scheduled: Marks.clock
        case .suspended: Marks.bars
        case .executing: Marks.triangle
        case .retryable: Marks.turn
        case .completed: Marks.tick
        case .cancelled: Marks.slash
        case .discarded: Marks.cross
        }
    }

    /// A tone as a mark and a word.
    static func word(_ tone: Tone, _ word: String) -> HTML {
        let mark =
            switch tone {
            case .good: Marks.tick
            case .look: Marks.warning
            case .wrong: Marks.cross
            case .runs: Marks.triangle
            case .quiet: Marks.ring
            }
        return "<span class=\"state \(tone.rawValue)\">\(mark)\(word)</span>"
    }

    /// Facts, one a line. Facts without a value are left out.
    static func facts(_ facts: [(String, HTML?)]) -> HTML {
        let lines = facts.compactMap { name, value -> HTML? in value.map { "<dt>\(name)</dt><dd>\($0)</dd>\n" } }
        return lines.isEmpty ? "" : "<dl class=\"facts\">\n\(lines)</dl>"
    }

    /// A part of a page that is swapped when it changes.
    static func live(_ id: String, _ content: HTML) -> HTML { "<div id=\"\(id)\" data-live>\(content)</div>" }

    static func empty(_ text: String) -> HTML { "<p class=\"empty\">\(text)</p>" }

    /// A button that sends a form of hidden fields.
    static func button(
        _ title: String, to address: String, _ fields: [(String, String)] = [], style: HTML = ""
    ) -> HTML {
        """
        <form class="inline" method="post" action="\(address)">\(hidden(fields))<button class="\(style)">\(title)</button></form>
        """
    }

    static func hidden(_ fields: [(String, String)]) -> HTML {
        fields.map { "<input type=\"hidden\" name=\"\($0.0)\" value=\"\($0.1)\">" as HTML }.joined()
    }
}

/// Marks of one size, drawn with lines.
enum Marks {
    static let ring = drawn("<circle cx=\"6\" cy=\"6\" r=\"4.6\"/>")
    static let clock = drawn("<circle cx=\"6\" cy=\"6\" r=\"4.8\"/><path d=\"M6 3.2V6l2 1.4\"/>")
    static let bars = drawn("<path d=\"M4 2v8M8 2v8\"/>")
    static let triangle = drawn("<path d=\"M3 1.8 10 6 3 10.2Z\" fill=\"currentColor\"/>")
    static let turn = drawn("<path d=\"M10.4 6.4A4.4 4.4 0 1 1 8.6 2.4M8.8.4v2.4H6.4\"/>")
    static let tick = drawn("<path d=\"M1.6 6.6 4.6 9.6 10.6 2.6\"/>")
    static let slash = drawn("<circle cx=\"6\" cy=\"6\" r=\"4.8\"/><path d=\"M2.6 9.4 9.4 2.6\"/>")
    static let cross = drawn("<path d=\"M2 2l8 8M10 2l-8 8\"/>")
    static let warning = drawn("<path d=\"M6 1.2 11.2 10.6H.8ZM6 4.6v2.6M6 8.6v.6\"/>")

    private static func drawn(_ shape: HTML) -> HTML {
        "<svg class=\"mark\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">\(shape)</svg>"
    }
}
