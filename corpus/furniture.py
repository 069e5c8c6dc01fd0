"""What portals put around a text: patterns for lines that belong to the page, not the report."""

from __future__ import annotations

import re

_LINE = 90  # longer lines are text, whatever they begin with

# After one of these, at the end of a text, nothing of the text follows.
_END = re.compile(
    r"^[\W_]{0,6}(?:责任编辑|责编|执行编辑|编\s*辑\s*[：:/]|本期编辑|校对\s*[：:]|审核\s*[：:]|[初复终]审\s*[：:/]|扫一扫|扫码|微信扫"
    r"|相关(?:报道|文档|文件|稿件|链接|附件|新闻|阅读|信息|文章|解读|内容|推荐)|延伸阅读|推荐阅读|热门(?:新闻|推荐|文章)"
    r"|打印(?:本页|内容|文章)?[】\]\s]*$|关闭(?:窗口|本页)?[】\]\s]*$|分享(?:到|至)?[：:\s]*$|分享到|[上下]一[篇页条](?:[：:\s]|$)"
    r"|(?:主办|承办|协办|版权|技术支持|运行维护)(?:单位)?\s*[：:](?!.*[，、].*(?:[厅局委院]|政府)$)|版权所有|友情链接|网站地图|关于我们|联系我们|返回顶部"
    r"|您访问的链接|您是第|收藏(?:本页)?[】\]\s|｜]*$|点击图片进入|附件下载|下载附件|浏览次数|网友评论|我要(?:纠错|评价|收藏)|纠错"
    r"|点赞|已阅|中央(?:各)?部委|各省(?:科技厅|政府)|国务院部门|网站标识码|[^。]{0,12}ICP备|[^。]{0,8}公网安备|[©])",
    re.IGNORECASE,
)
# Lines of the page anywhere near an end of the text.
_ANY = re.compile(
    r"^[\W_]{0,6}(?:下载|打印|全屏|收藏|还原|加大|减小|放大|缩小|正常|[大中小]|字号|字体|无障碍|朗读|默认|超大)[\W_]*$"
    r"|^[\W_]{0,6}(?:【\s*)?(?:字号|字体)\s*[：:].{0,30}$"
    r"|^[\W_]{0,6}(?:文章|信息|稿件|资料|新闻)?(?:来\s*源|出处)\s*[：:].{0,40}$"
    r"|^[\W_]{0,6}(?:发布|发表|更新|添加|制作|发文|成文|印发)?(?:时\s*间|日\s*期)\s*[：:].{0,40}$"
    r"|^(?:发布|添加|更新)(?:时间|日期)\s.{0,50}$|^[\W_]{0,6}(?:作\s*者|记\s*者|摄\s*影|通讯员|报告人|发文单位|发布机构|来源URL|标题)\s*[：:].{0,200}$"
    r"|^(?:当前|您的|您现在的|所在)(?:当前)?位置.{0,80}$|^首\s*页(?:\s*[>＞»›/|].{0,60})?$|^[>＞»›|/×·【】\[\]（）()\s\-—=_*#]+$"
    r"|^(?:分享|浏览|阅读|点击|访问)(?:到|至|次数|量|数|率)?\s*[：:]?\s*\d*\s*次?$|^分享到.{0,20}$|^正文\s*[：:]?$"
    r"|^[\d\s\-/:年月日.：∶]{8,24}$|^\d{4}[-年./]\d{1,2}[-月./]\d{1,2}日?(?:\s+\d{1,2}[:：时]\d{2}.{0,4})?$"
    r"|^[（(【]\s*(?:来源|责任编辑|责编|编辑|记者|作者|新华社).{0,40}[）)】]$|^[（(]?(?:全文)?完[）)]?$|^[（(]此件.{0,12}[）)]$"
    r"|^.{0,80}(?:记者|通讯员|摄影)\s*[\u4e00-\u9fff·、\s]{2,24}(?:摄|文|图|/)[）)]?$"
    r"|^》》.{0,30}《《$|^[0-9a-f]{32}[：:]?$|^[\ue000-\uf8ff\W_]+$"
    r"|^(?:.{0,30}微信(?:公众号)?|.{0,20}微博|是否继续？|放弃|继续(?:访问)?|确定|取消)$"
    r"|^(?:附件|相关附件)\s*[：:>＞]*\s*\d*[.．、]?.{0,80}\.(?:pdf|docx?|wps|ofd|xlsx?|zip|rar)\s*$",
    re.IGNORECASE,
)
_PAGER = re.compile(
    r"^[\[【（(\s]*(?:上一页|下一页|上页|下页|首页|尾页|末页|\d{1,3}|共\d{1,3}页|第\d{1,3}页|[.…<>«»]{1,3})(?:[\]】）)\s|]+(?:上一页|下一页|尾页|末页|\d{1,3})?)*$"
)
# Characters that show nothing: zero-width marks, soft hyphen, byte order mark, direction marks.
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]+")
# Markers of content systems that leak into the text.
LEAKED = re.compile(
    r"#PAGE_?BREAK#|<\$\[[^\]<>]{0,40}\]>(?:begin|end)|\[!--(?:newstext|empirenews\.page)[^\]]{0,20}--\]"
    r"|\{\{[^{}]{0,60}\}\}",
    re.IGNORECASE,
)
SENTENCE_END = "。！？!?…"
CLOSERS = "”’」』）)】》\"'"


def is_furniture(text: str) -> bool:
    """Tell whether a short line is page furniture wherever it stands outside the text."""
    line = text.strip()
    return len(line) <= _LINE * 2 and bool(_ANY.match(line) or ends_text(line))


def ends_text(text: str) -> bool:
    """Tell whether a line opens the page's foot: after it nothing of the text follows."""
    line = text.strip()
    return len(line) <= _LINE and bool(_END.match(line))


def is_caption(text: str) -> bool:
    """Tell a photo caption: ``… 记者 某某 摄``."""
    line = text.strip()
    return (
        len(line) <= 120
        and bool(re.search(r"(?:记者|通讯员|摄影)?.{0,20}摄[）)]?[。]?$", line))
        and "记者" in line
    )


def is_pager(text: str) -> bool:
    """Tell a piece of the links between the pages of one article."""
    return bool(_PAGER.match(text.strip()))


def ends_sentence(text: str) -> bool:
    """Tell whether a line ends as a sentence does, closing quotes and brackets aside."""
    text = re.sub(r"[（(][^（）()]{1,40}[）)]$", "", text.rstrip()) or text
    stripped = text.rstrip().rstrip(CLOSERS)
    return bool(stripped) and stripped[-1] in SENTENCE_END
