import SluiceCore

/// Splits a command line into words at blanks. Quotes are honoured; nothing is expanded, since no shell is involved.
///
/// Single quotes keep everything as it is; in double quotes a backslash protects `"` and `\` only; outside quotes it protects
/// any character. Pieces that touch make one word, and `""` is a word too.
enum CommandLineText {
    /// - Throws: `invalidArgument` for a quote that is not closed, a backslash at the end, or a NUL.
    static func split(_ text: String) throws(SluiceError) -> [String] {
        var splitter = Splitter()
        for scalar in text.unicodeScalars { try splitter.take(scalar) }
        return try splitter.finish()
    }

    private struct Splitter {
        private enum Place {
            case blank, word, escape, single, double, doubleEscape
        }

        private var place = Place.blank
        private var words: [String] = []
        private var word = String.UnicodeScalarView()

        mutating func take(_ scalar: Unicode.Scalar) throws(SluiceError) {
            if scalar == "\0" { throw refusal("a NUL cannot be part of a command") }
            switch place {
            case .blank, .word: takeBare(scalar)
            case .escape: append(scalar, then: .word)
            case .single: if scalar == "'" { place = .word } else { word.append(scalar) }
            case .double: takeQuoted(scalar)
            case .doubleEscape:
                if scalar != "\"" && scalar != "\\" { word.append("\\") }
                append(scalar, then: .double)
            }
        }

        private mutating func takeBare(_ scalar: Unicode.Scalar) {
            switch scalar {
            case " ", "\t", "\n", "\r":
                if place == .word { endWord() }
            case "'": place = .single
            case "\"": place = .double
            case "\\": place = .escape
            default: append(scalar, then: .word)
            }
        }

        private mutating func takeQuoted(_ scalar: Unicode.Scalar) {
            switch scalar {
            case "\"": place = .word
            case "\\": place = .doubleEscape
            default: word.append(scalar)
            }
        }

        private mutating func append(_ scalar: Unicode.Scalar, then next: Place) {
            word.append(scalar)
            place = next
        }

        private mutating func endWord() {
            words.append(String(word))
            word = String.UnicodeScalarView()
            place = .blank
        }

        mutating func finish() throws(SluiceError) -> [String] {
            switch place {
            case .blank: break
            case .word: endWord()
            case .single, .double, .doubleEscape: throw refusal("a quote is not closed")
            case .escape: throw refusal("a backslash stands at its end")
            }
            return words
        }

        private func refusal(_ reason: String) -> SluiceError {
            SluiceError(.invalidArgument, "the command cannot be split into words: \(reason)")
        }
    }
}
