package import SluiceCore

/// Colours for people.
package struct Style: Sendable {
    package enum Look: String, CaseIterable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case inverse = "7"
    }

    package var isColoured: Bool

    package init(isColoured: Bool) { self.isColoured = isColoured }

    package static let plain = Style(isColoured: false)

    /// The length of a leading sequence of one of our colours; nil if there is none.
    static func sequenceLength(_ text: Substring.UnicodeScalarView) -> Int? {
        (["0"] + Look.allCases.map(\.rawValue)).map { "\u{1B}[\($0)m".unicodeScalars }
            .first { text.starts(with: $0) }?.count
    }

    package func paint(_ text: String, _ look: Look) -> String {
        isColoured ? "\u{1B}[\(look.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A state, in a colour that tells how well things go.
    package func paint(_ state: JobState) -> String {
        switch state {
        case .executing: paint(state.rawValue, .cyan)
        case .completed: paint(state.rawValue, .green)
        case .retryable: paint(state.rawValue, .yellow)
        case .discarded: paint(state.rawValue, .red)
        case .available, .scheduled, .suspended, .cancelled: state.rawValue
        }
    }
}
