import Foundation
import HTTPTypes

/// Checks values against the schemas of a description, as far as it uses JSON Schema.
struct SchemaCheck {
    let components: [String: Any]

    init(document: [String: Any]) {
        components = (document["components"] as? [String: Any])?["schemas"] as? [String: Any] ?? [:]
    }

    /// What is wrong with a value, each with its place.
    func faults(of value: Any, _ schema: [String: Any], at place: String = "") -> [String] {
        if let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last {
            guard let target = components[String(name)] as? [String: Any] else { return ["\(place): no schema \(name)"] }
            return faults(of: value, target, at: place)
        }
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let tried = choices.map { faults(of: value, $0, at: place) }
            return tried.contains { $0.isEmpty } ? [] : tried.last ?? []
        }
        if let words = schema["enum"] as? [String], !words.contains(value as? String ?? "") { return ["\(place): \(value)"] }
        switch schema["type"] as? String {
        case nil: return []
        case "null": return value is NSNull ? [] : ["\(place): not null"]
        case "string": return value is String ? [] : ["\(place): no string"]
        case "boolean": return Self.isBool(value) ? [] : ["\(place): no boolean"]
        case "integer": return !Self.isBool(value) && value is Int ? [] : ["\(place): no integer"]
        case "number": return !Self.isBool(value) && value is NSNumber ? [] : ["\(place): no number"]
        case "array":
            guard let array = value as? [Any], let items = schema["items"] as? [String: Any] else {
                return ["\(place): no array"]
            }
            return array.enumerated().flatMap { faults(of: $1, items, at: "\(place)/\($0)") }
        case "object":
            guard let object = value as? [String: Any] else { return ["\(place): no object"] }
            return faults(ofMembers: object, schema, at: place)
        case .some(let type): return ["\(place): unknown type \(type)"]
        }
    }

    private func faults(ofMembers object: [String: Any], _ schema: [String: Any], at place: String) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var faults = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(place)/\($0): missing" }
        for (name, value) in object {
            if let property = properties[name] {
                faults += self.faults(of: value, property, at: "\(place)/\(name)")
            } else if let rest = schema["additionalProperties"] as? [String: Any] {
                faults += self.faults(of: value, rest, at: "\(place)/\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                faults.append("\(place)/\(name): unknown")
            }
        }
        return faults
    }

    private static func isBool(_ value: Any) -> Bool {
        (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
    }
}
