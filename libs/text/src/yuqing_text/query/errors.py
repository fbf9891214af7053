"""Says in plain words, in English and in Chinese, what is wrong with a query and where."""

from dataclasses import dataclass

_MESSAGES = {
    "too_long": ("the query has more than {most} characters", "检索式超过 {most} 个字符"),
    "too_deep": ("brackets or operators are nested more than {most} deep", "括号或运算符嵌套超过 {most} 层"),
    "too_many": ("the query has more than {most} words, phrases and values", "检索式中的词、短语和取值超过 {most} 个"),
    "unclosed_quote": ("this quotation mark is never closed", "引号没有闭合"),
    "unclosed_bracket": ("this bracket is never closed", "括号没有闭合"),
    "unopened_bracket": ("this bracket was never opened", "多余的右括号"),
    "no_token": ("there is no letter, digit or Han character in this to search for", "这里没有可检索的文字或数字"),
    "unknown_field": ("there is no field named '{name}'", "没有名为“{name}”的字段"),
    "unknown_value": ("'{value}' is not a value of {field}", "“{value}”不是 {field} 的取值"),
    "bad_date": ("'{value}' is not a date", "“{value}”不是日期"),
    "bad_number": ("'{value}' is not a number", "“{value}”不是数字"),
    "empty_value": ("this value is empty", "取值为空"),
    "reversed_range": ("the range ends before it begins", "范围的终点在起点之前"),
    "bad_near": ("NEAR needs a whole number from 0 to {most}, as in NEAR/5", "NEAR 后须有 0 到 {most} 的整数，例如 NEAR/5"),
    "near_operand": ("NEAR joins words, phrases, or brackets with only OR of them", "NEAR 两侧只能是词、短语，或用 OR 连接它们的括号"),
    "near_chain": ("NEAR joins two sides only", "NEAR 只能连接两侧"),
    "near_parts": ("both sides of NEAR must search the same part of the text", "NEAR 两侧必须限定在同一部分（标题或正文）"),
    "one_character": ("one character alone sounds like too many others", "单个字的同音字过多"),
    "not_here": ("{field}: can only be asked in searches: here each text has to be decided on by itself", "{field}: 只能用于检索；此处须逐条判断"),
    "not_similar": ("what is near has no edge, so it cannot be excluded", "“相似”没有明确边界，不能排除"),
    "no_mention": ("{mention} is not there", "{mention} 不存在"),
    "gist_alone": ("gist: stands with no other switch, and not beside NEAR", "大意: 不能与其他扩展写法或 NEAR 同用"),
    "no_synonyms": ("no list of synonyms has '{word}'", "同义词表中没有“{word}”"),
    "only_text": ("within {field}: there can only be words and phrases", "{field}: 之内只能是词和短语"),
    "wildcard": ("words have no wildcards", "词不支持通配符"),
    "reserved": ("'{sign}' is no operator", "“{sign}”不是运算符"),
    "value_list": ("several values stand in brackets with OR between them", "多个取值须放在括号内并用 OR 连接"),
    "no_range": ("a range has two ends with TO between them", "范围的两端之间须有 TO"),
    "missing_after": ("something is missing after '{text}'", "“{text}”之后缺少内容"),
    "missing_before": ("something is missing before '{text}'", "“{text}”之前缺少内容"),
    "empty_brackets": ("there is nothing in these brackets", "括号内没有内容"),
    "unexpected": ("'{text}' cannot stand here", "“{text}”不能出现在这里"),
}
_HINTS = {
    "quote_it": ("to search for it as text, put it in quotation marks", "如要按原文检索，请加引号"),
    "nearest_field": ("did you mean {nearest}:? To search for it as text, put it in quotation marks", "是否指 {nearest}:？如要按原文检索，请加引号"),
    "allowed": ("allowed: {allowed}", "可用取值：{allowed}"),
    "date_forms": ("write 2026-01-31, 2026-01, 2026 or 2026-01-31T08:30", "写作 2026-01-31、2026-01、2026 或 2026-01-31T08:30"),
    "number_forms": ("write 1000, 4.5 or 10万", "写作 1000、4.5 或 10万"),
    "two_nears": ("write two, as in (a NEAR/3 b) (b NEAR/3 c)", "请写成两个，例如 (a NEAR/3 b) (b NEAR/3 c)"),
    "longer_word": ("write a word of at least two characters", "请写至少两个字的词"),
    "list_them": ("add it to a list of synonyms, or write the words with OR between them", "请加入同义词表，或用 OR 连接各词"),
    "whole_words": ("every word is found wherever it stands in a text; leave the * out", "词在文中任何位置都能检索到，请去掉 *"),
    "use_not": (
        "to exclude it write NOT {text}; to search for it as text, put it in quotation marks",
        "如要排除，请写 NOT {text}；如要按原文检索，请加引号",
    ),
    "use_or": ("write OR, or put it in quotation marks", "请写 OR，或加引号"),
    "range_form": ("write [2026-01-01 TO 2026-02-01], or * for an open end", "请写成 [2026-01-01 TO 2026-02-01]，不限的一端写 *"),
    "list_form": ("write {field}(a OR b)", "请写成 {field}(a OR b)"),
    "upper_case": ("operators are written in upper case: AND, OR, NOT; in lower case they are words", "运算符须大写：AND、OR、NOT；小写按普通词检索"),
}


@dataclass(eq=False)  # not frozen: Python sets an exception's traceback
class QueryError(ValueError):
    """A query cannot be understood: why, and where as [start, end) in code points of the query, in English and in Chinese.

    `code` names the kind of mistake for programs. Hints are empty where there is nothing to advise.
    """

    code: str
    start: int
    end: int
    message: str
    message_zh: str
    hint: str = ""
    hint_zh: str = ""

    def __str__(self) -> str:
        """The message with its place, and the hint."""
        return f"{self.message} (at {self.start}-{self.end})" + (f"; {self.hint}" if self.hint else "")


def mistake(code: str, span: tuple[int, int], *, hint: str = "", **values: object) -> QueryError:
    """The error of this kind at a span of the query; `values` fill the texts."""
    english, chinese = (text.format(**values) for text in _MESSAGES[code])
    hint_english, hint_chinese = (text.format(**values) for text in _HINTS[hint]) if hint else ("", "")
    return QueryError(code, *span, english, chinese, hint_english, hint_chinese)
