import Foundation
import SluiceToolSupport
import Subprocess

@testable import SluiceCLI

/// The processes of this machine, as far as the system shows them to this one.
enum Processes {
    struct One {
        var id: Int32
        var arguments: [String]
        var environment: [String]
    }

    static func all() -> [One] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = Int32(name) else { return nil }
            return One(id: id, arguments: texts("/proc/\(id)/cmdline"), environment: texts("/proc/\(id)/environ"))
        }
    }

    /// Those that have a variable of this value in their environment.
    static func of(_ variable: String, _ value: String) -> [One] {
        all().filter { $0.environment.contains("\(variable)=\(value)") }
    }

    /// Waits for so many that match. Each look runs a command, which is what lets time pass.
    static func wait(for count: Int = 1, _ matches: (One) -> Bool) async throws -> [One] {
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            let found = all().filter(matches)
            if found.count >= count { return found }
            guard ContinuousClock.now < deadline else { throw Failure("there are \(found.count) within 300 s, not \(count)") }
            _ = try await Subprocess.run(.name("true"), output: .discarded)
        }
    }

    /// Waits until none matches any more.
    static func waitForNone(_ matches: (One) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(100)
        while true {
            let found = all().filter(matches)
            if found.isEmpty { return }
            guard ContinuousClock.now < deadline else { throw Failure("these live on after 100 s: \(found.map(\.arguments))") }
            _ = try await Subprocess.run(.name("sleep"), arguments: ["0.05"], output: .discarded)
        }
    }

    /// Files of the system say that they have no bytes, so they are read until there are none.
    private static func texts(_ path: String) -> [String] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
