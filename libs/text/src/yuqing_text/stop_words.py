"""Words that say nothing about what a text is about, in normal form; kept short and ours, so that everyone can see what is left out."""

_CHINESE = """
一下 一个 一些 一切 一定 一样 一点 一直 一种 一起 一边 一面 一般 不会 不再 不同 不如 不得 不是 不能 不要 不过 与其 为了 为什么 为何 之一
之前 之后 之间 也是 也许 于是 什么 什么样 今天 今年 介于 从而 他们 以上 以下 以及 以后 以前 以来 任何 但是 何况 作为 你们 使得 依照 依据
便是 倘若 假如 先后 全部 关于 其中 其他 其它 其实 其次 再次 几乎 出来 出现 分别 别人 到底 刚刚 即使 却是 原来 又是 及其 及时 反而 只是
只有 只能 只要 可以 可是 可能 各个 各种 各自 同时 后来 向着 否则 呵呵 哈哈 哈哈哈 哪些 哪儿 哪里 唯有 啊啊 因为 因此 固然 在于 大家 大约
她们 好像 如下 如何 如果 如此 它们 完全 宁可 对于 对此 尤其 就是 就算 尽管 已经 并且 并不 应该 应当 开始 彼此 往往 得到 必须 怎么 怎么样
怎样 总是 总之 您们 情况 成为 我们 或者 或是 所以 所有 所谓 据说 接着 故而 既然 日前 时候 时间 显然 更加 曾经 最后 最近 有些 有人 有关
有时 有的 本人 本来 来自 来说 某个 某些 根据 正在 此外 此时 此次 每个 每天 比如 毕竟 没有 没什么 然后 然而 特别 现在 甚至 由于 的话 直到
相关 看到 真是 真的 知道 突然 第一 第二 第三 等等 综上 继续 而且 而是 自己 自从 至于 若是 虽然 虽说 表示 要不 要是 觉得 认为 许多 记者
该是 诸如 起来 越来越 还有 还是 还要 这个 这么 这些 这儿 这样 这次 这种 这边 这里 进行 连同 通过 遇到 那个 那么 那些 那儿 那样 那种 那边
那里 部分 都是 里面 鉴于 除了 除非 随后 随着 难道 非常 上午 下午 中午 昨天 明天 目前
"""
_ENGLISH = """
about after again all also am an and any are as at be because been before being but by can com could did do does doing don down for from
get got had has have having he her here him his how html http https if in into is it its just me more most my no nor not now of off on
once only or other our out over own re said same she should so some such than that the their them then there these they this those
through to too under until up us very via was we were what when where which while who why will with would www you your
"""
STOP_WORDS = frozenset(f"{_CHINESE} {_ENGLISH}".split())
