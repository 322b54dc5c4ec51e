import Crypto
import Foundation
import SluiceCore
import Testing

@Suite struct PayloadKeysTests {
    private let text = Array(#"{"card":"4111"}"#.utf8)

    private func key(_ byte: UInt8, bits: Int = 256) -> SymmetricKey {
        SymmetricKey(data: [UInt8](repeating: byte, count: bits / 8))
    }

    private let owner = SealOwner(JobID(known: "a"), in: "work")
    private var pay: PayloadKeys.Part { .arguments("pay", of: owner) }

    private func keys(_ current: String, _ keys: [String: SymmetricKey]) throws -> PayloadKeys {
        try PayloadKeys(current: current, keys: keys, index: key(9))
    }

    @Test func allCopiesTakeOtherKeys() throws {
        let keys = try keys("a", ["a": key(1)])
        let copy = keys
        let sealed = try keys.seal(text, as: pay)
        let rotated = try self.keys("b", ["a": key(1), "b": key(2)])
        try keys.replace(by: rotated)
        #expect(copy.current == "b" && copy.ids == ["a", "b"] && copy.json == rotated.json)
        #expect(try copy.open(sealed, as: pay) == text && copy.seal(text, as: pay).key == "b")
        // Unique jobs are told by the index key.
        let stranger = try PayloadKeys(current: "a", keys: ["a": key(1)], index: key(8))
        #expect(throws: SluiceError.self) { try keys.replace(by: stranger) }
        #expect(copy.current == "b")
    }

    @Test func whatIsSealedOpensWithItsKeyOnly() throws {
        let old = try keys("a", ["a": key(1)])
        let sealed = try old.seal(text, as: pay)
        #expect(sealed.key == "a" && !sealed.base64.contains("4111"))
        // The nonce is another one each time, unless equal texts are to be equal.
        #expect(try old.seal(text, as: pay) != sealed)
        let repeated = try old.seal(text, as: pay, isRepeatable: true)
        #expect(try repeated == old.seal(text, as: pay, isRepeatable: true) && repeated != sealed)
        #expect(
            try repeated.base64.prefix(16) != old.seal(text, as: .output(JobID(known: "a")), isRepeatable: true).base64.prefix(16)
        )
        #expect(try old.open(repeated, as: pay) == text)
        let both = try keys("b", ["a": key(1), "b": key(2)])
        #expect(try both.open(sealed, as: pay) == text)
        #expect(try both.seal(text, as: pay).key == "b")
        for (keys, what) in [(try keys("b", ["b": key(2)]), "there is only 'b'"), (try keys("a", ["a": key(3)]), "another key")] {
            let error = #expect(throws: SluiceError.self) { try keys.open(sealed, as: pay) }
            #expect(error?.code == .undecryptable && error?.message.contains(what) == true, "\(error?.message ?? "")")
        }
    }

    @Test func whatIsSealedAsOneThingDoesNotOpenAsAnother() throws {
        let keys = try keys("a", ["a": key(1, bits: 128)])
        let sealed = try keys.seal(text, as: pay)
        for part in [
            PayloadKeys.Part.arguments("play", of: owner), .output(JobID(known: "a")), .step("charge", of: owner),
        ] {
            #expect(throws: SluiceError.self) { try keys.open(sealed, as: part) }
        }
        for changed in ["", "AAAA", "not base64", String(sealed.base64.reversed())] {
            let forged = SealedText(key: "a", base64: changed)
            #expect(throws: SluiceError.self) { try keys.open(forged, as: pay) }
        }
    }

    @Test func whatIsSealedForOneJobDoesNotOpenAsThatOfAnother() throws {
        let keys = try keys("a", ["a": key(1)])
        func id(_ text: String) -> JobID { JobID(known: text) }
        let others = [SealOwner(id("b"), in: "work"), SealOwner(id("a"), in: "other"), SealOwner(anyIn: "work")]
        let arguments = try keys.seal(text, as: pay)
        let step = try keys.seal(text, as: .step("charge", of: owner))
        let output = try keys.seal(text, as: .output(id("a")))
        for other in others {
            #expect(throws: SluiceError.self) { try keys.open(arguments, as: .arguments("pay", of: other)) }
            #expect(throws: SluiceError.self) { try keys.open(step, as: .step("charge", of: other)) }
        }
        #expect(throws: SluiceError.self) { try keys.open(step, as: .step("refund", of: owner)) }
        #expect(throws: SluiceError.self) { try keys.open(output, as: .output(id("b"))) }
        #expect(try keys.open(arguments, as: pay) == text && keys.open(output, as: .output(id("a"))) == text)
        #expect(try keys.open(step, as: .step("charge", of: owner)) == text)
    }

    @Test func aTextIsBoundToWhatIsKnownOfItsJobWhenItIsSealed() throws {
        let keys = try keys("a", ["a": key(1)])
        func part(_ owner: SealOwner) -> PayloadKeys.Part { .arguments("pay", of: owner) }
        func job(_ text: String, in queue: QueueName = "work") -> SealOwner { SealOwner(JobID(known: text), in: queue) }
        let ofEntry = try keys.seal(text, as: part(SealOwner(cron: "dun", in: "work")))
        #expect(try keys.open(ofEntry, as: part(job("cron:dun:20261122T120000Z"))) == text)
        for other in [job("cron:due:20261122T120000Z"), job("a"), job("cron:dun:20261122T120000Z", in: "other")] {
            #expect(throws: SluiceError.self) { try keys.open(ofEntry, as: part(other)) }
        }
        let ofUnique = try keys.seal(text, as: part(SealOwner(anyIn: "work")))
        #expect(try keys.open(ofUnique, as: part(job("a"))) == text && keys.open(ofUnique, as: part(job("b"))) == text)
        #expect(throws: SluiceError.self) { try keys.open(ofUnique, as: part(job("a", in: "other"))) }
        #expect(throws: SluiceError.self) { try keys.open(ofUnique, as: .arguments("play", of: job("a"))) }
    }

    @Test func whatEarlierReleasesHaveSealedOpens() throws {
        let keys = try keys("a", ["a": key(1)])
        func sealed(_ part: String) throws -> SealedText {
            let box = try AES.GCM.seal(text, using: key(1), authenticating: Array(part.utf8))
            return SealedText(key: "a", base64: Data(box.nonce + box.ciphertext + box.tag).base64EncodedString())
        }
        #expect(try keys.open(sealed("sluice arguments pay"), as: pay) == text)
        #expect(try keys.open(sealed("sluice output"), as: .output(JobID(known: "a"))) == text)
        #expect(try keys.open(sealed("sluice step"), as: .step("charge", of: owner)) == text)
        #expect(throws: SluiceError.self) { try keys.open(sealed("sluice output"), as: pay) }
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
        let sealed = try first.seal(text, as: .output(JobID(known: "a")))
        let second = try PayloadKeys(json: first.json).rotated(to: "2026-12")
        #expect(second.current == "2026-12" && second.ids == ["2026-11", "2026-12"])
        #expect(try second.open(sealed, as: .output(JobID(known: "a"))) == text)
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
