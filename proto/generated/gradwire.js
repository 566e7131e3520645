/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["gradwire/gradwire"] || ($protobuf.roots["gradwire/gradwire"] = {});

export const gradwire = $root.gradwire = (() => {

    /**
     * Namespace gradwire.
     * @exports gradwire
     * @namespace
     */
    const gradwire = {};

    gradwire.PayloadHeader = (function() {

        /**
         * Properties of a PayloadHeader.
         * @typedef {Object} gradwire.PayloadHeader.$Properties
         * @property {Array.<number>|null} [codecIds] Wire ids of the stages, in encoding order (proto/ids.ts).
         * @property {string|null} [spec] Canonical codec spec: every parameter that decoding needs.
         * @property {number|null} [length] Elements of the gradient.
         * @property {number|null} [bodyBytes] Bytes behind the header.
         * @property {number|null} [checksum] Lane checksum of the whole payload, this field taken as zero.
         * @property {number|null} [saturated] Finite values that were clipped to the range of a narrower format.
         * @property {number|null} [keyLow] 64-bit key of the shared random stream; present exactly when decoding needs it.
         * @property {number|null} [keyHigh] PayloadHeader keyHigh
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a PayloadHeader.
         * @memberof gradwire
         * @interface IPayloadHeader
         * @augments gradwire.PayloadHeader.$Properties
         * @deprecated Use gradwire.PayloadHeader.$Properties instead.
         */

        /**
         * Shape of a PayloadHeader.
         * @typedef {gradwire.PayloadHeader.$Properties} gradwire.PayloadHeader.$Shape
         */

        /**
         * Constructs a new PayloadHeader.
         * @memberof gradwire
         * @classdesc Stands in front of every encoded gradient.
         * @constructor
         * @param {gradwire.PayloadHeader.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const PayloadHeader = function (properties) {
            this.codecIds = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Wire ids of the stages, in encoding order (proto/ids.ts).
         * @member {Array.<number>} codecIds
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.codecIds = $util.emptyArray;

        /**
         * Canonical codec spec: every parameter that decoding needs.
         * @member {string} spec
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.spec = "";

        /**
         * Elements of the gradient.
         * @member {number} length
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.length = 0;

        /**
         * Bytes behind the header.
         * @member {number} bodyBytes
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.bodyBytes = 0;

        /**
         * Lane checksum of the whole payload, this field taken as zero.
         * @member {number} checksum
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.checksum = 0;

        /**
         * Finite values that were clipped to the range of a narrower format.
         * @member {number} saturated
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.saturated = 0;

        /**
         * 64-bit key of the shared random stream; present exactly when decoding needs it.
         * @member {number|null|undefined} keyLow
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.keyLow = null;

        /**
         * PayloadHeader keyHigh.
         * @member {number|null|undefined} keyHigh
         * @memberof gradwire.PayloadHeader
         * @instance
         */
        PayloadHeader.prototype.keyHigh = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(PayloadHeader.prototype, "_keyLow", {
            get: $util.oneOfGetter($oneOfFields = ["keyLow"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(PayloadHeader.prototype, "_keyHigh", {
            get: $util.oneOfGetter($oneOfFields = ["keyHigh"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new PayloadHeader instance using the specified properties.
         * @function create
         * @memberof gradwire.PayloadHeader
         * @static
         * @param {gradwire.PayloadHeader.$Properties=} [properties] Properties to set
         * @returns {gradwire.PayloadHeader} PayloadHeader instance
         * @type {{
         *   (properties: gradwire.PayloadHeader.$Shape): gradwire.PayloadHeader & gradwire.PayloadHeader.$Shape;
         *   (properties?: gradwire.PayloadHeader.$Properties): gradwire.PayloadHeader;
         * }}
         */
        PayloadHeader.create = function(properties) {
            return new PayloadHeader(properties);
        };

        /**
         * Encodes the specified PayloadHeader message. Does not implicitly {@link gradwire.PayloadHeader.verify|verify} messages.
         * @function encode
         * @memberof gradwire.PayloadHeader
         * @static
         * @param {gradwire.PayloadHeader.$Properties} message PayloadHeader message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        PayloadHeader.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.codecIds != null && message.codecIds.length)
                writer.uint32(/* id 1, wireType 2 =*/10).uint32s(message.codecIds);
            if (message.spec != null && $Object.hasOwnProperty.call(message, "spec") && message.spec !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.spec);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && message.length !== 0)
                writer.uint32(/* id 3, wireType 5 =*/29).fixed32(message.length);
            if (message.bodyBytes != null && $Object.hasOwnProperty.call(message, "bodyBytes") && message.bodyBytes !== 0)
                writer.uint32(/* id 4, wireType 5 =*/37).fixed32(message.bodyBytes);
            if (message.checksum != null && $Object.hasOwnProperty.call(message, "checksum") && message.checksum !== 0)
                writer.uint32(/* id 5, wireType 5 =*/45).fixed32(message.checksum);
            if (message.saturated != null && $Object.hasOwnProperty.call(message, "saturated") && message.saturated !== 0)
                writer.uint32(/* id 6, wireType 5 =*/53).fixed32(message.saturated);
            if (message.keyLow != null && $Object.hasOwnProperty.call(message, "keyLow"))
                writer.uint32(/* id 7, wireType 5 =*/61).fixed32(message.keyLow);
            if (message.keyHigh != null && $Object.hasOwnProperty.call(message, "keyHigh"))
                writer.uint32(/* id 8, wireType 5 =*/69).fixed32(message.keyHigh);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a PayloadHeader message from the specified reader or buffer.
         * @function decode
         * @memberof gradwire.PayloadHeader
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwire.PayloadHeader & gradwire.PayloadHeader.$Shape} PayloadHeader
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        PayloadHeader.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwire.PayloadHeader();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.codecIds && message.codecIds.length))
                                message.codecIds = [];
                            reader.uint32s(message.codecIds);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.codecIds && message.codecIds.length))
                            message.codecIds = [];
                        message.codecIds.push(reader.uint32());
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.spec = value;
                        else
                            delete message.spec;
                        continue;
                    }
                case 3: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                case 4: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.bodyBytes = value;
                        else
                            delete message.bodyBytes;
                        continue;
                    }
                case 5: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.checksum = value;
                        else
                            delete message.checksum;
                        continue;
                    }
                case 6: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.saturated = value;
                        else
                            delete message.saturated;
                        continue;
                    }
                case 7: {
                        if (wireType !== 5)
                            break;
                        message.keyLow = reader.fixed32();
                        message._keyLow = "keyLow";
                        continue;
                    }
                case 8: {
                        if (wireType !== 5)
                            break;
                        message.keyHigh = reader.fixed32();
                        message._keyHigh = "keyHigh";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return PayloadHeader;
    })();

    gradwire.FeedbackSnapshot = (function() {

        /**
         * Properties of a FeedbackSnapshot.
         * @typedef {Object} gradwire.FeedbackSnapshot.$Properties
         * @property {number|null} [formatVersion] FeedbackSnapshot formatVersion
         * @property {string|null} [spec] FeedbackSnapshot spec
         * @property {number|null} [length] FeedbackSnapshot length
         * @property {number|null} [stepLow] Steps encoded so far; two halves of a 64-bit number.
         * @property {number|null} [stepHigh] FeedbackSnapshot stepHigh
         * @property {Uint8Array|null} [residual] Little-endian float32, `length` of them.
         * @property {number|null} [checksum] Lane checksum of `residual`, seeded with that of the step's eight bytes.
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a FeedbackSnapshot.
         * @memberof gradwire
         * @interface IFeedbackSnapshot
         * @augments gradwire.FeedbackSnapshot.$Properties
         * @deprecated Use gradwire.FeedbackSnapshot.$Properties instead.
         */

        /**
         * Shape of a FeedbackSnapshot.
         * @typedef {gradwire.FeedbackSnapshot.$Properties} gradwire.FeedbackSnapshot.$Shape
         */

        /**
         * Constructs a new FeedbackSnapshot.
         * @memberof gradwire
         * @classdesc What error feedback needs to go on after a restart.
         * @constructor
         * @param {gradwire.FeedbackSnapshot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const FeedbackSnapshot = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * FeedbackSnapshot formatVersion.
         * @member {number} formatVersion
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.formatVersion = 0;

        /**
         * FeedbackSnapshot spec.
         * @member {string} spec
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.spec = "";

        /**
         * FeedbackSnapshot length.
         * @member {number} length
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.length = 0;

        /**
         * Steps encoded so far; two halves of a 64-bit number.
         * @member {number} stepLow
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.stepLow = 0;

        /**
         * FeedbackSnapshot stepHigh.
         * @member {number} stepHigh
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.stepHigh = 0;

        /**
         * Little-endian float32, `length` of them.
         * @member {Uint8Array} residual
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.residual = $util.newBuffer([]);

        /**
         * Lane checksum of `residual`, seeded with that of the step's eight bytes.
         * @member {number} checksum
         * @memberof gradwire.FeedbackSnapshot
         * @instance
         */
        FeedbackSnapshot.prototype.checksum = 0;

        /**
         * Creates a new FeedbackSnapshot instance using the specified properties.
         * @function create
         * @memberof gradwire.FeedbackSnapshot
         * @static
         * @param {gradwire.FeedbackSnapshot.$Properties=} [properties] Properties to set
         * @returns {gradwire.FeedbackSnapshot} FeedbackSnapshot instance
         * @type {{
         *   (properties: gradwire.FeedbackSnapshot.$Shape): gradwire.FeedbackSnapshot & gradwire.FeedbackSnapshot.$Shape;
         *   (properties?: gradwire.FeedbackSnapshot.$Properties): gradwire.FeedbackSnapshot;
         * }}
         */
        FeedbackSnapshot.create = function(properties) {
            return new FeedbackSnapshot(properties);
        };

        /**
         * Encodes the specified FeedbackSnapshot message. Does not implicitly {@link gradwire.FeedbackSnapshot.verify|verify} messages.
         * @function encode
         * @memberof gradwire.FeedbackSnapshot
         * @static
         * @param {gradwire.FeedbackSnapshot.$Properties} message FeedbackSnapshot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        FeedbackSnapshot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.formatVersion != null && $Object.hasOwnProperty.call(message, "formatVersion") && message.formatVersion !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.formatVersion);
            if (message.spec != null && $Object.hasOwnProperty.call(message, "spec") && message.spec !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.spec);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && message.length !== 0)
                writer.uint32(/* id 3, wireType 5 =*/29).fixed32(message.length);
            if (message.stepLow != null && $Object.hasOwnProperty.call(message, "stepLow") && message.stepLow !== 0)
                writer.uint32(/* id 4, wireType 5 =*/37).fixed32(message.stepLow);
            if (message.stepHigh != null && $Object.hasOwnProperty.call(message, "stepHigh") && message.stepHigh !== 0)
                writer.uint32(/* id 5, wireType 5 =*/45).fixed32(message.stepHigh);
            if (message.residual != null && $Object.hasOwnProperty.call(message, "residual") && message.residual.length)
                writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.residual);
            if (message.checksum != null && $Object.hasOwnProperty.call(message, "checksum") && message.checksum !== 0)
                writer.uint32(/* id 7, wireType 5 =*/61).fixed32(message.checksum);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a FeedbackSnapshot message from the specified reader or buffer.
         * @function decode
         * @memberof gradwire.FeedbackSnapshot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {gradwire.FeedbackSnapshot & gradwire.FeedbackSnapshot.$Shape} FeedbackSnapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        FeedbackSnapshot.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.gradwire.FeedbackSnapshot();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.formatVersion = value;
                        else
                            delete message.formatVersion;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.spec = value;
                        else
                            delete message.spec;
                        continue;
                    }
                case 3: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                case 4: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.stepLow = value;
                        else
                            delete message.stepLow;
                        continue;
                    }
                case 5: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.stepHigh = value;
                        else
                            delete message.stepHigh;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.residual = value;
                        else
                            delete message.residual;
                        continue;
                    }
                case 7: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.checksum = value;
                        else
                            delete message.checksum;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return FeedbackSnapshot;
    })();

    return gradwire;
})();

export {
  $root as default
};
