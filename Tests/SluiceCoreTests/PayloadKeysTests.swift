import Crypto
import Foundation
import SluiceCore
import Testing

@Suite struct PayloadKeysTests {
    private let text = Array(#"{"card":"4111"}"#.utf8)

    private func key(_ byte: UInt8, bits: Int = 256) -> SymmetricKey {
        SymmetricKey(data: [UInt8](repeating: byte, count: bits / 8))
    }

    private func keys(_ current: String, _ keys: [String: SymmetricKey]) throws -> PayloadKeys {
        try PayloadKeys(current: current, keys: keys, index: key(9))
    }

    @Test func whatIsSealedOpensWithItsKeyOnly() throws {
        let old = try keys("a", ["a": key(1)])
        let sealed = try old.seal(text, as: .arguments("pay"))
        #expect(sealed.key == "a" && !sealed.base64.contains("4111"))
        // The nonce is another one each time, unless equal texts are to be equal.
        #expect(try old.seal(text, as: .arguments("pay")) != sealed)
        let repeated = try old.seal(text, as: .arguments("pay"), isRepeatable: true)
        #expect(try repeated == old.seal(text, as: .arguments("pay"), isRepeatable: true) && repeated != sealed)
        #expect(try repeated.base64.prefix(16) != old.seal(text, as: .output, isRepeatable: true).base64.prefix(16))
        #expect(try old.open(repeated, as: .arguments("pay")) == text)
        let both = try keys("b", ["a": key(1), "b": key(2)])
        #expect(try both.open(sealed, as: .arguments("pay")) == text)
        #expect(try both.seal(text, as: .arguments("pay")).key == "b")
        for (keys, what) in [(try keys("b", ["b": key(2)]), "there is only 'b'"), (try keys("a", ["a": key(3)]), "another key")] {
            let error = #expect(throws: SluiceError.self) { try keys.open(sealed, as: .arguments("pay")) }
            #expect(error?.code == .undecryptable && error?.message.contains(what) == true, "\(error?.message ?? "")")
        }
    }

    @Test func whatIsSealedAsOneThingDoesNotOpenAsAnother() throws {
        let keys = try keys("a", ["a": key(1, bits: 128)])
        let sealed = try keys.seal(text, as: .arguments("pay"))
        for part in [PayloadKeys.Part.arguments("play"), .output, .step] {
            #expect(throws: SluiceError.self) { try keys.open(sealed, as: part) }
        }
        for changed in ["", "AAAA", "not base64", String(sealed.base64.reversed())] {
            let forged = SealedText(key: "a", base64: changed)
            #expect(throws: SluiceError.self) { try keys.open(forged, as: .arguments("pay")) }
        }
    }

    @Test func aSealedTextIsJSONAndNothingElseIsOne() throws {
        let sealed = SealedText(key: "a", base64: "AA==")
        #expect(SealedText(sealed.encoded) == sealed)
        #expect(JSONText.isValid(sealed.encoded))
        for plain in [
            "", "1", "{}", #"{"key":"a"}"#, #"{"key":1,"sealed":"AA"}"#, #"{"key":"a","sealed":"","x":""}"#, #"{"key":"#,
        ] {
            #expect(SealedText(Array(plain.utf8)) == nil, "\(plain)")
        }
    }

    @Test func keysGoThroughJSON() throws {
        let first = try PayloadKeys.random(id: "2026-11")
        let sealed = try first.seal(text, as: .output)
        let second = try PayloadKeys(json: first.json).rotated(to: "2026-12")
        #expect(second.current == "2026-12" && second.ids == ["2026-11", "2026-12"])
        #expect(try second.open(sealed, as: .output) == text)
        #expect(second.blind(text) == first.blind(text) && second.blind(text) != second.blind([]))
        #expect(throws: SluiceError.self) { try second.rotated(to: "2026-11") }
    }

    @Test func badKeysAreRefusedAndNotRepeated() throws {
        #expect(throws: SluiceError.self) { try keys("b", ["a": key(1)]) }
        #expect(throws: SluiceError.self) { try keys("a b", ["a b": key(1)]) }
        #expect(throws: SluiceError.self) { try keys("a", ["a": key(1, bits: 64)]) }
        #expect(throws: SluiceError.self) { try PayloadKeys(current: "a", keys: ["a": key(1)], index: key(1, bits: 128)) }
        for json in [
            "", "{}", #"{"current":"a","keys":{"a":"c2VjcmV0"},"index":"c2VjcmV0"}"#, #"{"current":"a","keys":{"a":"%%"}}"#,
        ] {
            let error = #expect(throws: SluiceError.self) { try PayloadKeys(json: json) }
            #expect(error?.code == .invalidArgument && error?.message.contains("c2Vj") == false)
        }
    }
}
